// What the commands of this client share.
#pragma once
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

// Ends the program with the place and a reason when something is not as it must be.
#define MUST(condition, ...) \
  do { if (!(condition)) client_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); } while (0)

_Noreturn void client_fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// A configuration of name, value, ..., NULL.
rd_kafka_conf_t *client_conf(const char *brokers, ...);

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);

// Whoever started us has closed our input: it has seen enough.
bool client_is_told_to_stop(void);

int produce(const char *brokers, const char *topic, int partitions, const char *codec);
int consume(const char *brokers, const char *topic, int partitions);
int positions(const char *brokers, const char *topic);
int admin(const char *brokers, const char *topic);
int configs(const char *brokers, const char *topic);
