/* Enters the sandbox as the program does, and then tries what it should not be able to do, and what
 * it should. Prints a line an attempt: its name, and "done" or why not. tests/check_sandbox.py runs
 * it and knows what must come out.
 *
 *     sandbox_probe replay|live INPUT ELSEWHERE OUTPUT [LINK]
 *
 * INPUT: a capture, or a folder of captures, as on the command line. ELSEWHERE: a folder that is
 * not named to the sandbox. OUTPUT: the folder of --output; LINK: a link in the folder INPUT that
 * was found there as a capture.
 */
#define _GNU_SOURCE

#include "capture/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const char *what, bool done)
{
    const char *why = done              ? "done"
                      : errno == EPERM  ? "EPERM"
                      : errno == EACCES ? "EACCES"
                                        : strerror(errno);
    printf("%s: %s\n", what, why);
}

static void try_processes(void)
{
    char program[] = "true";
    char *const arguments[] = {program, NULL};
    char *const environment[] = {NULL};
    (void)execve("/bin/true", arguments, environment);
    tell("exec", false);
    tell("execveat", syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, environment, 0) == 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    tell("fork", child > 0);
    tell("thread",
         syscall(SYS_clone,
                 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                 NULL, NULL, NULL, NULL) >= 0);
    tell("ptrace", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
    tell("signal", kill(getppid(), SIGWINCH) == 0);
    tell("more rights", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 13, 0, 0) == 0);
    tell("namespace", unshare(CLONE_NEWUSER) == 0);
    tell("root", setresuid(0, 0, 0) == 0);
    void *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell("code", code != MAP_FAILED);
    void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell("data", data != MAP_FAILED);
    tell("data to code", mprotect(data, 4096, PROT_READ | PROT_EXEC) == 0);
    tell("data to constant", mprotect(data, 4096, PROT_READ) == 0);
}

static void try_sockets(int tcp, int datagram, int listening)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in self = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int pair[2];
    tell("socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    tell("packet socket", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
    tell("local socket", socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
    tell("socket pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    tell("connect", connect(tcp, (struct sockaddr *)&address, sizeof address) == 0);
    tell("bind", bind(tcp, (struct sockaddr *)&self, sizeof self) == 0);
    tell("send to anybody",
         sendto(datagram, "x", 1, 0, (struct sockaddr *)&address, sizeof address) == 1);
    int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    tell("accept", accepted >= 0);
    tell("answer", send(accepted, "x", 1, MSG_NOSIGNAL) == 1);
}

static void try_open(const char *what, const char *folder, const char *name, int flags)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    int file = open(path, flags | O_CLOEXEC, 0600);
    tell(what, file >= 0);
    if (file >= 0) {
        (void)close(file);
    }
}

static void try_files(const char *input, const char *elsewhere)
{
    try_open("read the system's", "/etc/passwd", "", O_RDONLY);
    try_open("list the root", "/", "", O_RDONLY | O_DIRECTORY);
    try_open("read elsewhere", elsewhere, "secret", O_RDONLY);
    try_open("write elsewhere", elsewhere, "secret", O_WRONLY);
    try_open("create elsewhere", elsewhere, "new", O_WRONLY | O_CREAT);
    try_open("create a nameless file elsewhere", elsewhere, "", O_WRONLY | O_TMPFILE);
    try_open("read an input", input, "first.pcap", O_RDONLY);
    try_open("read below an input", input, "below/second.pcap", O_RDONLY);
    try_open("list an input", input, "", O_RDONLY | O_DIRECTORY);
    try_open("write an input", input, "first.pcap", O_WRONLY);
    try_open("truncate an input", input, "first.pcap", O_RDONLY | O_TRUNC);
    try_open("read past a link", input, "out", O_RDONLY);
    try_open("read past a link that was found", input, "found.pcap", O_RDONLY);
    try_open("read past ..", input, "../elsewhere/secret", O_RDONLY);
    try_open("create among inputs", input, "new", O_WRONLY | O_CREAT);
    try_open("read a process's memory", "/proc/self/mem", "", O_RDONLY);
    char name[4096];
    (void)snprintf(name, sizeof name, "%s/secret", elsewhere);
    tell("remove elsewhere", unlink(name) == 0);
    tell("change rights elsewhere", chmod(name, 0777) == 0);
    tell("change folder", chdir("/") == 0);
}

static void try_output(const char *folder)
{
    char name[4096];
    char other[4096];
    (void)snprintf(name, sizeof name, "%s/new", folder);
    (void)snprintf(other, sizeof other, "%s/old", folder);
    try_open("append to the output", folder, "report", O_WRONLY | O_APPEND | O_CREAT);
    try_open("create beside the output", folder, "new", O_WRONLY | O_CREAT);
    tell("rename beside the output", rename(name, other) == 0);
    tell("remove beside the output", unlink(other) == 0);
    try_open("create past ..", folder, "../elsewhere/new", O_WRONLY | O_CREAT);
    try_open("read beside the output", folder, "report", O_RDONLY);
    tell("make a folder beside the output", mkdir(name, 0700) == 0);
    tell("make a link beside the output", symlink("/etc/passwd", name) == 0);
}

/* A socket that somebody connects to, as the metrics' is. */
static int listen_and_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listening, (struct sockaddr *)&address, size) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, (struct sockaddr *)&address, &size) != 0 ||
        connect(client, (struct sockaddr *)&address, size) != 0) {
        perror("sandbox_probe");
        return -1;
    }
    return listening;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        (void)fprintf(stderr, "usage: sandbox_probe replay|live INPUT ELSEWHERE OUTPUT [LINK]\n");
        return 2;
    }
    const char *input = argv[2];
    const char *interface = "lo";
    char output[4096];
    (void)snprintf(output, sizeof output, "%s/report", argv[4]);
    bool live = strcmp(argv[1], "live") == 0;
    struct inputs links = {.paths = argv + 5, .count = (size_t)argc - 5};
    struct options options = {.inputs = {&input, 1},
                              .interfaces = {&interface, live ? 1 : 0},
                              .output = output,
                              .verbose = 1};
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int listening = listen_and_connect();
    if (listening < 0 || !confine(&options, &links)) {
        return 3;
    }
    confine_end_reading();
    setvbuf(stdout, NULL, _IOLBF, 0);
    try_processes();
    try_sockets(tcp, datagram, listening);
    try_files(input, argv[3]);
    try_output(argv[4]);
    (void)fflush(stdout);
    _exit(0);
}
