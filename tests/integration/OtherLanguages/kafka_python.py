# kafka-python against the broker at argv[1]: a topic of three partitions, written, read by a group, committed, read on by its next member.
import sys
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

server, topic = sys.argv[1], sys.argv[2]
admin = KafkaAdminClient(bootstrap_servers=server)
admin.create_topics([NewTopic(topic, 3, 1)])

for compression in (None, "gzip"):
    producer = KafkaProducer(bootstrap_servers=server, acks="all", compression_type=compression)
    sent = [producer.send(topic, key=b"k%d" % (i % 7), value=b"%d" % i, headers=[("h", b"v")]) for i in range(500)]
    producer.flush(30)
    assert all(future.get(30).offset >= 0 for future in sent)
    producer.close()


def read(count):
    consumer = KafkaConsumer(topic, bootstrap_servers=server, group_id=topic + "-group", auto_offset_reset="earliest", enable_auto_commit=False, max_poll_records=100)
    records = []
    while len(records) < count:
        polled = consumer.poll(timeout_ms=1000)
        records += [record for batch in polled.values() for record in batch]
    consumer.commit()
    ends = consumer.end_offsets([TopicPartition(topic, p) for p in range(3)])
    consumer.close()
    return records, sum(ends.values())


records, end = read(1000)
assert end == 1000, end
assert sorted(int(r.value) for r in records) == sorted(list(range(500)) * 2)
assert all(r.headers == [("h", b"v")] for r in records)

producer = KafkaProducer(bootstrap_servers=server)
producer.send(topic, b"next").get(30)
producer.close()
records, end = read(1)
assert [r.value for r in records] == [b"next"], records

groups = [group for group, kind in admin.list_consumer_groups()]
assert topic + "-group" in groups, groups
offsets = admin.list_consumer_group_offsets(topic + "-group")
assert sum(o.offset for o in offsets.values()) == 1001, offsets
assert admin.describe_consumer_groups([topic + "-group"])[0].state == "Empty"
admin.delete_topics([topic])
print("ok")
