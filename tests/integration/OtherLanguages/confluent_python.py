# confluent-kafka (an older librdkafka than .NET's) against the broker at argv[1]: idempotent writes, a cooperative group, offsets by time.
import sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

server, topic = sys.argv[1], sys.argv[2]
admin = AdminClient({"bootstrap.servers": server})
admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(30)

failures = []
for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    producer = Producer({"bootstrap.servers": server, "enable.idempotence": True, "compression.type": codec, "linger.ms": 20})
    for i in range(300):
        producer.produce(topic, key="k%d" % (i % 7), value="%s %d" % (codec, i), timestamp=1_700_000_000_000 + i, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(30) == 0
assert not failures, failures

consumer = Consumer({
    "bootstrap.servers": server, "group.id": topic + "-group", "auto.offset.reset": "earliest", "enable.auto.commit": False,
    "partition.assignment.strategy": "cooperative-sticky", "check.crcs": True,
})
consumer.subscribe([topic])
values = []
while len(values) < 1500:
    message = consumer.poll(1.0)
    if message is not None:
        assert message.error() is None, message.error()
        values.append(message.value().decode())
assert len(set(values)) == 1500
consumer.commit(asynchronous=False)
partitions = [TopicPartition(topic, p) for p in range(3)]
assert sum(o.offset for o in consumer.committed(partitions, 30)) == 1500
at = consumer.offsets_for_times([TopicPartition(topic, p, 1_700_000_000_000 + 150) for p in range(3)], 30)
assert all(o.error is None and o.offset > 0 for o in at), at
consumer.close()
admin.delete_topics([topic])[topic].result(30)
print("ok")
