#include "options.h"

#include <stdio.h>

#ifndef TLSWHY_VERSION
#define TLSWHY_VERSION "0.0.0" /* the build gives the real one */
#endif

static const char help[] =
    "usage: tlswhy [options] FILE|DIR|- ...            why TLS handshakes failed, from captures\n"
    "       tlswhy [options] -i INTERFACE [filter]     live\n"
    "       tlswhy --check DIR [--update] [--strict]   against NAME.expect.json beside captures\n"
    "       tlswhy --diff WORKING FAILING              where two traces part\n"
    "\n"
    "what is read  -r FILE           the same as a bare FILE: pcap, pcapng, also gzip or zstd\n"
    "              -f FILTER         BPF, as tcpdump has it; live also as the last words\n"
    "              -k, --keylog FILE secrets (SSLKEYLOGFILE), to read what is sealed\n"
    "              --tls-port N[,N]  ports on which TLS is expected, besides the usual ones\n"
    "              --ca-file FILE    trusted roots (PEM)    --at TIME|now|packet  judge them so\n"
    "live          -i INTERFACE      any, lo, eth0 ... (may repeat)       -D   list them\n"
    "              -s BYTES  -B KIB  snap length, ring buffer    -p   not promiscuous\n"
    "              --immediate-mode  --wait (for an interface that goes down)\n"
    "              --handshake-timeout SECONDS   silence after which one is judged\n"
    "              --metrics ADDRESS:PORT        for Prometheus, with /healthz\n"
    "when it ends  -c N connections reported     -a SECONDS\n"
    "what is told  --all  established ones too   -v   every step      -q   verdicts alone\n"
    "              --summary  alone              --json   --format text|json|zeek\n"
    "              --output FILE     --color auto|always|never        --progress\n"
    "              --html FILE  --junit FILE  --sarif FILE            besides\n"
    "              -w FILE           the failed ones' packets (.pcapng: with the reasons)\n"
    "              -C MEGABYTES  -G SECONDS   a new file for -w, as tcpdump has it\n"
    "what fails    --fail-on LIST  --allow LIST   causes, families, warnings\n"
    "bounds        --memory SIZE  --connections N     rights   -Z USER  --no-sandbox\n"
    "about         --list-causes   --explain CAUSE   --version   -h, --help\n"
    "\n"
    "exit status: 0 nothing failed, 1 a handshake failed, 2 wrong usage, 3 an input failed\n";

void options_print_help(void)
{
    fputs(help, stdout);
}

void options_print_version(void)
{
    fputs("tlswhy " TLSWHY_VERSION "\n", stdout);
}
