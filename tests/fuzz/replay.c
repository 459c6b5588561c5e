/* Runs a fuzz target over files: what ordinary builds do with the seeds and with every crasher ever
 * found. */
#define _DEFAULT_SOURCE

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { INPUT_MAX = 4 << 20 /* bytes of a seed */ };

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: cannot be opened\n", path);
        return 0;
    }
    uint8_t *bytes = malloc(INPUT_MAX);
    size_t size = bytes == NULL ? 0 : fread(bytes, 1, INPUT_MAX, file);
    /* A copy of just that size, so that the sanitizer sees its end. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (bytes != NULL && exact != NULL) {
        memcpy(exact, bytes, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(bytes);
    (void)fclose(file);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER-WITH-SEEDS\n", argv[0]);
        return 2;
    }
    struct dirent *entry = readdir(folder);
    while (entry != NULL) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (entry->d_name[0] != '.' && length > 0 && (size_t)length < sizeof path) {
            count += replay(path);
        }
        entry = readdir(folder);
    }
    (void)closedir(folder);
    printf("%d passed, 0 failed\n", count);
    return count > 0 ? 0 : 1;
}
