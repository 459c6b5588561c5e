/* Makes the captures with which speed is measured, and beside each the truth about it:
 *
 *     generate WORKLOAD SCALE SAMPLES MIX OUT
 *
 * WORKLOAD is dense, bulk, flows, noise or scan; SCALE is 1 for the full size; SAMPLES the folder
 * of samples, MIX the table of those that are played (see mix.tsv). Writes OUT (pcap) and
 * OUT.truth: lines of a status or cause and a number of connections.
 */
#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "made.h"
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 256,
    NAME = 160,
    SERVERS = 40, /* of each sample: with a certificate of its own each, where it is in clear */
    CLIENTS = 20000,
    PORTS_FROM = 10000 /* the clients' */
};

/* A sample of the mix. */
struct row {
    char status[16], cause[48], sample[NAME];
    unsigned weight;
    uint64_t played;
    struct script script;
};

struct stage {
    struct play play;
    struct row row[ROWS];
    size_t rows;
    unsigned weights;
    uint32_t servers; /* of each sample in this run: fewer on a small scale, so that they repeat */
    double scale;
};

struct workload {
    const char *name;
    bool (*run)(struct stage *stage);
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "generate: %s: %s\n", what, why);
    exit(3);
}

static void read_mix(struct stage *stage, const char *samples, const char *mix)
{
    char line[512], path[512], error[512];
    FILE *file = fopen(mix, "r");
    if (file == NULL) {
        die(mix, "cannot be read");
    }
    while (stage->rows < ROWS && fgets(line, sizeof line, file) != NULL) {
        struct row *row = &stage->row[stage->rows];
        if (line[0] == '#') {
            continue;
        }
        if (sscanf(line, "%u %15s %47s %159s", &row->weight, row->status, row->cause,
                   row->sample) != 4) {
            die(mix, line);
        }
        (void)snprintf(path, sizeof path, "%s/%s.pcap", samples, row->sample);
        if (!script_read(&row->script, path, error, sizeof error)) {
            die(row->sample, error);
        }
        stage->weights += row->weight;
        stage->rows++;
    }
    (void)fclose(file);
}

/* Leaves out the rows that `keep` does not want; it may change their scripts. */
static void choose(struct stage *stage, bool (*keep)(struct script *script))
{
    size_t kept = 0;
    stage->weights = 0;
    for (size_t i = 0; i < stage->rows; i++) {
        struct row *row = &stage->row[i];
        if (strcmp(row->status, "established") == 0 && keep(&row->script)) {
            stage->weights += row->weight;
            stage->row[kept++] = *row;
        } else {
            script_free(&row->script);
        }
    }
    stage->rows = kept;
    if (kept == 0) {
        die("the mix", "no sample that fits the workload");
    }
}

/* The row whose turn it is for visit `number`, by weight. */
static struct row *row_for(struct stage *stage, uint64_t number)
{
    uint64_t turn = play_chance(5, number) % stage->weights;
    size_t i = 0;
    while (turn >= stage->row[i].weight) {
        turn -= stage->row[i].weight;
        i++;
    }
    return &stage->row[i];
}

/* One TLS connection from the mix. */
static struct visit tls_visit(struct stage *stage, uint64_t number)
{
    struct row *row = row_for(stage, number);
    uint32_t sample = (uint32_t)(row - stage->row);
    uint32_t server = (uint32_t)(play_chance(6, number) % stage->servers);
    bool shown = strcmp(row->status, "established") != 0;
    row->played++;
    return (struct visit){.script = &row->script,
                          .number = number,
                          .client = 0x0a000000U + (uint32_t)(number % CLIENTS),
                          .client_port = (uint16_t)(PORTS_FROM + number / CLIENTS % 50000),
                          .server = 0xac100000U + sample * SERVERS + server,
                          .serial = shown ? 0 : server * 2654435761U};
}

/* ---- the workloads ---- */

static uint64_t scaled(const struct stage *stage, double full, uint64_t least)
{
    double number = full * stage->scale;
    return number < (double)least ? least : (uint64_t)number;
}

static bool run_dense(struct stage *stage)
{
    uint64_t connections = scaled(stage, 200000, 100);
    bool good = true;
    for (uint64_t i = 0; i < connections && good; i++) {
        struct visit visit = tls_visit(stage, i);
        visit.time = PLAY_BEGINS + (int64_t)i * 500000;
        visit.jitter = 120000000;
        good = play_visit(&stage->play, &visit);
    }
    return good;
}

static bool run_bulk(struct stage *stage)
{
    const double loops = 40; /* of half a megabyte each */
    uint64_t connections = scaled(stage, 200, 4);
    bool good = true;
    choose(stage, script_add_bulk);
    for (uint64_t i = 0; i < connections && good; i++) {
        struct visit visit = tls_visit(stage, i);
        visit.time = PLAY_BEGINS + (int64_t)i * 1000000;
        visit.jitter = 400000;
        visit.loops = 1 + (uint32_t)(loops * 200 * stage->scale / (double)connections);
        good = play_visit(&stage->play, &visit);
    }
    return good;
}

static bool run_flows(struct stage *stage)
{
    uint64_t connections = scaled(stage, 1000000, 100);
    bool good = true;
    choose(stage, script_cut_after_hellos);
    for (size_t i = 0; i < stage->rows; i++) {
        (void)snprintf(stage->row[i].status, sizeof stage->row[i].status, "incomplete");
    }
    for (uint64_t i = 0; i < connections && good; i++) {
        struct visit visit = tls_visit(stage, i);
        visit.time = PLAY_BEGINS + (int64_t)i * 50000;
        visit.jitter = 10000000;
        good = play_visit(&stage->play, &visit);
    }
    return good;
}

/* For workloads in which TLS is rare: what fails asks for work of another kind. */
static bool keep_all(struct script *script)
{
    return script->count > 0;
}

static bool run_noise(struct stage *stage)
{
    struct made made;
    uint64_t visits = scaled(stage, 250000, 1000);
    uint64_t every = visits / scaled(stage, 1000, 10);
    bool good = true;
    choose(stage, keep_all);
    made_noise(&made);
    for (uint64_t i = 0; i < visits && good; i++) {
        struct visit visit = i % every == 0 ? tls_visit(stage, i) : made_visit(&made, i);
        visit.time = PLAY_BEGINS + (int64_t)i * 100000;
        visit.jitter = 30000000;
        good = play_visit(&stage->play, &visit);
    }
    play_end(&stage->play);
    made_free(&made);
    return good;
}

static bool run_scan(struct stage *stage)
{
    struct made made;
    uint64_t visits = scaled(stage, 5000000, 10000);
    uint64_t every = visits / scaled(stage, 1000, 10);
    bool good = true;
    choose(stage, keep_all);
    made_scan(&made);
    for (uint64_t i = 0; i < visits && good; i++) {
        struct visit visit = made_probe(&made, i, i < visits / 2);
        visit.time = PLAY_BEGINS + (int64_t)(i * (100000000000 / visits));
        good = play_visit(&stage->play, &visit);
        if (i % every == every / 2) {
            struct visit handshake = tls_visit(stage, i);
            handshake.time = visit.time;
            handshake.jitter = 120000000;
            good = good && play_visit(&stage->play, &handshake);
        }
    }
    play_end(&stage->play);
    struct row *row = &stage->row[stage->rows++];
    *row =
        (struct row){.status = "failed", .cause = "transport.no_answer", .played = made.expected};
    made_free(&made);
    return good;
}

static const struct workload workloads[] = {{"dense", run_dense},
                                            {"bulk", run_bulk},
                                            {"flows", run_flows},
                                            {"noise", run_noise},
                                            {"scan", run_scan}};

/* ---- the truth ---- */

/* Rows of the same status or cause add up. */
static void write_truth(const struct stage *stage, const char *path)
{
    static const char *const statuses[] = {"established", "failed", "incomplete"};
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        die(path, "cannot be written");
    }
    for (size_t s = 0; s < sizeof statuses / sizeof statuses[0]; s++) {
        uint64_t total = 0;
        for (size_t i = 0; i < stage->rows; i++) {
            bool same = strcmp(stage->row[i].status, statuses[s]) == 0;
            total += same ? stage->row[i].played : 0;
        }
        (void)fprintf(file, "%s\t%llu\n", statuses[s], (unsigned long long)total);
    }
    for (size_t i = 0; i < stage->rows; i++) {
        const struct row *row = &stage->row[i];
        bool counted = strcmp(row->status, "failed") != 0;
        uint64_t total = 0;
        for (size_t k = 0; k < stage->rows; k++) {
            bool same = strcmp(stage->row[k].cause, row->cause) == 0;
            counted = counted || (same && k < i);
            total += same ? stage->row[k].played : 0;
        }
        if (!counted && total > 0) {
            (void)fprintf(file, "%s\t%llu\n", row->cause, (unsigned long long)total);
        }
    }
    (void)fprintf(file, "packets\t%llu\n", (unsigned long long)stage->play.packets);
    (void)fprintf(file, "at_once\t%zu\n", stage->play.most);
    if (fclose(file) != 0) {
        die(path, "cannot be written");
    }
}

static bool run(struct stage *stage, const char *name)
{
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            return workloads[i].run(stage);
        }
    }
    die(name, "no such workload");
    return false;
}

int main(int argc, char **argv)
{
    static struct stage stage;
    char truth[1024];
    if (argc != 6) {
        (void)fprintf(stderr, "usage: generate WORKLOAD SCALE SAMPLES MIX OUT\n");
        return 2;
    }
    stage.scale = strtod(argv[2], NULL);
    stage.servers = stage.scale < 1 ? 1 + (uint32_t)(SERVERS * stage.scale) : SERVERS;
    read_mix(&stage, argv[3], argv[4]);
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    stage.play.out = dead == NULL ? NULL : pcap_dump_open(dead, argv[5]);
    if (stage.play.out == NULL) {
        die(argv[5], "cannot be written");
    }
    if (!run(&stage, argv[1])) {
        die(argv[1], "out of memory");
    }
    play_end(&stage.play);
    bool written = pcap_dump_flush(stage.play.out) == 0;
    pcap_dump_close(stage.play.out);
    pcap_close(dead);
    if (!written) {
        die(argv[5], "cannot be written");
    }
    (void)snprintf(truth, sizeof truth, "%s.truth", argv[5]);
    write_truth(&stage, truth);
    for (size_t i = 0; i < stage.rows; i++) {
        script_free(&stage.row[i].script);
    }
    return 0;
}
