// The yardstick of kafka-fetch: sends pieces of a file to one client, by sendfile or by read and write.
// Usage: sendfile <file> sendfile|copy. Prints its port; the client sends an offset and a length (two 64-bit numbers, this machine's
// byte order) for each piece.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[64 * 1024];

static int receive_all(int socket, void *to, size_t count) {
    for (size_t at = 0; at < count;) {
        ssize_t got = recv(socket, (char *)to + at, count - at, 0);
        if (got <= 0) return 0;
        at += (size_t)got;
    }
    return 1;
}

static int copy_some(int socket, int file, off_t *offset, size_t count) {
    ssize_t got = pread(file, buffer, count < sizeof buffer ? count : sizeof buffer, *offset);
    for (ssize_t at = 0; at < got;) {
        ssize_t sent = send(socket, buffer + at, (size_t)(got - at), 0);
        if (sent <= 0) return -1;
        at += sent;
    }
    *offset += got;
    return (int)got;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int file = open(arguments[1], O_RDONLY);
    int copies = strcmp(arguments[2], "copy") == 0;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (file < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int client = accept(listener, NULL, NULL);
    int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int64_t asked[2];
    while (receive_all(client, asked, sizeof asked)) {
        off_t offset = asked[0];
        for (size_t left = (size_t)asked[1]; left > 0;) {
            ssize_t sent = copies ? copy_some(client, file, &offset, left) : sendfile(client, file, &offset, left);
            if (sent <= 0) return 1;
            left -= (size_t)sent;
        }
    }
    return 0;
}
