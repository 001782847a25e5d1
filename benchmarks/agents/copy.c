/* The same agent as copy.sh without a shell: what is left is nearly the system's own cost of a process. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char text[1 << 16];
    char name[4096];
    if (argc != 3) return 2;
    const char *slash = strrchr(argv[2], '/');
    snprintf(name, sizeof name, "%s/%s", argv[1], slash ? slash + 1 : argv[2]);
    int from = open(name, O_RDONLY), to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (from < 0 || to < 0) return 1;
    for (ssize_t n; (n = read(from, text, sizeof text)) > 0;)
        if (write(to, text, (size_t)n) != n) return 1;
    return close(to);
}
