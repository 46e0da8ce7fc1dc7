// A client on librdkafka. What it checks itself ends it with a reason.
// usage: client produce <host:port,..> <topic> <partitions> <codec>   until its input is closed
//        client consume <host:port,..> <topic> <partitions>           until its input is closed
//        client positions|admin|configs <host:port,..> <topic>
#include "client.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void client_fail(const char *file, int line, const char *condition, const char *format, ...) {
  va_list more;
  va_start(more, format);
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  vfprintf(stderr, format, more);
  fputc('\n', stderr);
  va_end(more);
  fflush(stdout);
  exit(1);
}

rd_kafka_conf_t *client_conf(const char *brokers, ...) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char why[512];
  MUST(rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why) == RD_KAFKA_CONF_OK, "%s", why);
  va_list more;
  va_start(more, brokers);
  for (const char *name; (name = va_arg(more, const char *)) != NULL;) {
    MUST(rd_kafka_conf_set(conf, name, va_arg(more, const char *), why, sizeof why) == RD_KAFKA_CONF_OK, "%s", why);
  }
  va_end(more);
  return conf;
}

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char why[512];
  rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
  MUST(client != NULL, "%s", why);
  return client;
}

bool client_is_told_to_stop(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, 0) != 0;
}

int main(int count, char **words) {
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);
  if (count == 6 && strcmp(words[1], "produce") == 0) return produce(words[2], words[3], atoi(words[4]), words[5]);
  if (count == 5 && strcmp(words[1], "consume") == 0) return consume(words[2], words[3], atoi(words[4]));
  if (count == 4 && strcmp(words[1], "positions") == 0) return positions(words[2], words[3]);
  if (count == 4 && strcmp(words[1], "admin") == 0) return admin(words[2], words[3]);
  if (count == 4 && strcmp(words[1], "configs") == 0) return configs(words[2], words[3]);
  fprintf(stderr, "usage: %s produce|consume|positions|admin|configs <brokers> <topic> [partitions] [codec]\n", words[0]);
  return 2;
}
