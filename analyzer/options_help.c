#include "options.h"

#include <stdio.h>

#ifndef TLSWHY_VERSION
#define TLSWHY_VERSION "0.0.0" /* the build gives the real one */
#endif

/* Fits a terminal of 80 columns and 24 lines with room for the prompt. */
static const char help[] =
    "usage: tlswhy [options] FILE|DIR|- ...           why handshakes failed\n"
    "       tlswhy [options] -i INTERFACE [filter]    live\n"
    "       tlswhy --check DIR [--update] [--strict]  against expectations in it\n"
    "       tlswhy --diff WORKING FAILING             where two captures part\n"
    "read   -r FILE  as a bare FILE: pcap[ng], NetMon, gzip, zstd   -f FILTER  BPF\n"
    "       -k, --keylog FILE  SSLKEYLOGFILE's secrets   --ca-file FILE  roots\n"
    "       --tls-port N[,N]  of TLS, too   --at TIME|now|packet  of certificates\n"
    "live   -i INTERFACE  any, lo, eth0 ... (may repeat)   -D  list them   --wait\n"
    "       -s BYTES  snap length   -B KIB  ring buffer   -p  not promiscuous\n"
    "       --immediate-mode   --handshake-timeout SECONDS  of silence, then judge\n"
    "       --metrics ADDRESS:PORT  for Prometheus, with /healthz\n"
    "end    -c N  connections reported   -a SECONDS\n"
    "tell   --all  established ones too   -v  every step   -q  verdicts alone\n"
    "       --summary  alone: by cause, server, client   --json   --format zeek\n"
    "       --output FILE   --color auto|always|never   --progress\n"
    "       --html FILE   --junit FILE   --sarif FILE   besides\n"
    "       -w FILE  the failed ones' packets (.pcapng: with the reasons)\n"
    "       -C MEGABYTES   -G SECONDS  a new file for -w, as tcpdump has it\n"
    "fail   --fail-on LIST   --allow LIST  of causes, families, warnings: status 1\n"
    "rest   --memory SIZE   --connections N   bounds    -Z USER   --no-sandbox\n"
    "       --list-causes   --explain CAUSE   --version   -h, --help   man tlswhy\n"
    "status 0 nothing failed, 1 a handshake failed, 2 wrong usage, 3 an input failed\n";

void options_print_help(void)
{
    fputs(help, stdout);
}

void options_print_version(void)
{
    fputs("tlswhy " TLSWHY_VERSION "\n", stdout);
}
