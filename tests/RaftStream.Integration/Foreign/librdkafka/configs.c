// Configs of a topic, described and altered.
#include "admin.h"

#include <stdio.h>
#include <string.h>

static rd_kafka_resp_err_t alter(const char *topic, const char *name, const char *value) {
  rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  if (name != NULL) MUST(rd_kafka_ConfigResource_set_config(asked, name, value) == 0, "config");
  rd_kafka_AlterConfigs(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_ALTERCONFIGS_RESULT);
  size_t count;
  const rd_kafka_ConfigResource_t **results =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
  MUST(count == 1, "%zu results", count);
  rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(results[0]);
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(asked);
  return error;
}

// Looks at a config of a topic: its value, and where that comes from.
static void must_be(const char *topic, const char *name, const char *value, rd_kafka_ConfigSource_t source) {
  rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  rd_kafka_DescribeConfigs(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT);
  size_t count, entries;
  const rd_kafka_ConfigResource_t **results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
  MUST(count == 1, "%zu results", count);
  MUST(rd_kafka_ConfigResource_error(results[0]) == 0, "%s", rd_kafka_ConfigResource_error_string(results[0]));
  const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(results[0], &entries);
  bool found = false;
  for (size_t i = 0; i < entries; i++) {
    if (strcmp(rd_kafka_ConfigEntry_name(entry[i]), name) != 0) continue;
    found = true;
    MUST(strcmp(rd_kafka_ConfigEntry_value(entry[i]), value) == 0, "%s is %s", name, rd_kafka_ConfigEntry_value(entry[i]));
    MUST(rd_kafka_ConfigEntry_source(entry[i]) == source, "%s is of %s", name,
         rd_kafka_ConfigSource_name(rd_kafka_ConfigEntry_source(entry[i])));
    MUST(!rd_kafka_ConfigEntry_is_read_only(entry[i]) && !rd_kafka_ConfigEntry_is_sensitive(entry[i]), "%s", name);
  }
  MUST(found, "%zu configs without %s", entries, name);
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(asked);
}

int configs(const char *brokers, const char *topic) {
  admin_start(brokers);
  MUST(create(topic, 1, "retention.ms", "86400000") == 0, "create");

  must_be(topic, "retention.ms", "86400000", RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG);
  must_be(topic, "cleanup.policy", "delete", RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG);
  MUST(alter(topic, "max.message.bytes", "2000") == 0, "alter"); // replaces all of them
  must_be(topic, "max.message.bytes", "2000", RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG);
  must_be(topic, "retention.ms", "604800000", RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG);
  MUST(alter(topic, "max.message.bytes", "many") == RD_KAFKA_RESP_ERR_INVALID_CONFIG, "a bad value");
  MUST(alter(topic, "cleanup.policy", "compact") == RD_KAFKA_RESP_ERR_INVALID_CONFIG, "compaction is not served yet");

  admin_stop();
  puts("ok");
  return 0;
}
