# A page over HTTPS by Perl's IO::Socket::SSL: client.pl [ca=roots.pem] [chain=own.pem key=own.pem]
use strict;
use warnings;
use IO::Socket::SSL;

my %words = map { split /=/, $_, 2 } @ARGV;
my %how = (PeerHost => 'server.example', PeerPort => 443, SSL_hostname => 'server.example');
if ($words{ca}) {
    %how = (%how, SSL_ca_file => $words{ca}, SSL_verify_mode => SSL_VERIFY_PEER,
            SSL_verifycn_name => 'server.example', SSL_verifycn_scheme => 'http');
} else {
    $how{SSL_verify_mode} = SSL_VERIFY_NONE;
}
%how = (%how, SSL_cert_file => $words{chain}, SSL_key_file => $words{key}) if $words{chain};
my $server = IO::Socket::SSL->new(%how) or die "$SSL_ERROR\n";
print $server "GET / HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n";
print <$server>;
close $server;
