// An idempotent producer: 0, 1, 2, ... to one partition after the other, with one of a few keys each. Prints "<partition> <offset> <value>" for what was delivered.
#include "client.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_UNDER_WAY = 500, KEYS_OF_PARTITION = 4 };

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer;
  (void)opaque;
  MUST(message->err == 0, "partition %d was not delivered \"%.*s\": %s", message->partition, (int)message->len,
       (const char *)message->payload, rd_kafka_err2str(message->err));
  printf("%d %lld %.*s\n", message->partition, (long long)message->offset, (int)message->len, (const char *)message->payload);
}

static void on_error(rd_kafka_t *producer, int error, const char *reason, void *opaque) {
  (void)opaque;
  char why[512] = "";
  if (error == RD_KAFKA_RESP_ERR__FATAL) rd_kafka_fatal_error(producer, why, sizeof why);
  fprintf(stderr, "%s: %s %s\n", rd_kafka_err2name(error), reason, why);
}

int produce(const char *brokers, const char *topic, int partitions, const char *codec) {
  // Small batches, several of them under way: what is sent again must find its place among the others.
  rd_kafka_conf_t *conf = client_conf(brokers, "enable.idempotence", "true", "acks", "all", "batch.num.messages", "20", "linger.ms", "1",
                                      "retry.backoff.ms", "50", "reconnect.backoff.max.ms", "500", "message.timeout.ms", "120000",
                                      "compression.codec", codec, NULL);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_t *producer = client_new(RD_KAFKA_PRODUCER, conf);

  for (long long next = 0; !client_is_told_to_stop();) {
    for (int i = 0; i < 3 * partitions && rd_kafka_outq_len(producer) < MOST_UNDER_WAY; i++, next++) {
      char value[32], key[64];
      int size = snprintf(value, sizeof value, "%lld", next);
      int key_size = snprintf(key, sizeof key, "customer-of-all-these-orders-%lld", next % (KEYS_OF_PARTITION * partitions));
      rd_kafka_resp_err_t error = rd_kafka_producev(
          producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION((int)(next % partitions)), RD_KAFKA_V_KEY(key, (size_t)key_size),
          RD_KAFKA_V_VALUE(value, (size_t)size), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      MUST(error == 0, "%s", rd_kafka_err2str(error));
    }
    rd_kafka_poll(producer, 0);
    usleep(5000);
  }

  MUST(rd_kafka_flush(producer, 120000) == 0, "%d are still under way", rd_kafka_outq_len(producer));
  rd_kafka_destroy(producer);
  return 0;
}
