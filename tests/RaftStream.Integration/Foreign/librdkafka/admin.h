// The client of an administrator, and where its answers come.
#pragma once
#include "client.h"

enum { PATIENCE = 30000 };

extern rd_kafka_t *client;
extern rd_kafka_queue_t *answers;

void admin_start(const char *brokers);
void admin_stop(void);
rd_kafka_event_t *wait_for(rd_kafka_event_type_t type);
rd_kafka_resp_err_t create(const char *topic, int partitions, const char *config, const char *value);
