"""The private and undocumented parts of Faust, mode and aiokafka that the runtime stands on.

One list: what each part is, how it is used, by which module, and why. An upgrade that changes
the source of one of them fails `tests/contracts`, which names the part and what to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Use = Literal["overridden", "called", "read", "set", "relied on"]


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a library that may change without notice.

    `by` is the module of `streams/` that uses it; `why` says what it is used for, and so what to
    look at when it changes. A part is `relied on` if its behaviour matters though no line of ours
    names it.
    """

    path: str
    used: Use
    by: str
    why: str


_APP = "faust.app.base.App"
_CONSUMER = "faust.transport.consumer.Consumer"
_DRIVER = "faust.transport.drivers.aiokafka"
_RECOVERY = "faust.tables.recovery.Recovery"
_TABLES = "faust.tables.manager.TableManager"
_COLLECTION = "faust.tables.base.Collection"
_FETCHER = "aiokafka.consumer.fetcher"
_STATE = "aiokafka.consumer.subscription_state"
_SENDER = "aiokafka.producer.sender.SendProduceReqHandler"

_FAUST_APP = (
    Part(f"{_APP}._new_transport", "overridden", "application", "our consumer"),
    Part(f"{_APP}._new_producer_transport", "overridden", "application", "our producer"),
    Part(f"{_APP}.on_webserver_init", "overridden", "application", "health and metrics"),
    Part("faust.topics.Topic.get_topic_name", "overridden", "application",
         "an agent may read several topics, of which `faust agents` asks one name"),
    Part(f"{_APP}._create_directories", "relied on", "application",
         "makes the data directory after `on_first_start` made its parents"),
    Part("faust.app.base.BootStrategy.server", "overridden", "application",
         "the web server and the broker gate come before Kafka"),
    Part("faust.app.base.BootStrategy._chain", "called", "application", "joins the services"),
    Part(f"{_APP}._on_partitions_revoked", "relied on", "runtime",
         "suspends the flow, clears the streams' queues, then waits for `Consumer.wait_empty`"),
    Part(f"{_APP}._on_partitions_assigned", "relied on", "recovery",
         "comes to `Recovery.on_rebalance` with the generation"),
    Part(f"{_APP}._stop_consumer", "relied on", "runtime",
         "calls `Consumer.wait_empty` before the producer stops"),
    Part(f"{_APP}.on_rebalance_end", "called", "recovery", "ends `rebalancing`"),
    Part(f"{_APP}._fetcher", "called", "recovery", "the service that runs the pump"),
    Part("faust.transport.consumer.Fetcher._fetcher", "relied on", "transport",
         "calls `_drain_messages`; takes a cancellation while rebalancing for a restart"),
    Part(f"{_APP}.consumer_generation_id", "read", "runtime",
         "Faust's streams skip events of another generation"),
)  # fmt: skip

_FAUST_STREAMS = (
    Part("faust._cython.streams", "relied on", "runtime",
         "`_prepare_event` skips events while the flow is suspended, and of other generations; "
         "it reads tp, offset, topic and generation of the message that `_hand_over` makes"),
    Part("faust.channels.Channel.queue", "called", "runtime", "where an agent's stream reads"),
    Part("faust.events.Event.__init__", "called", "runtime", "an event made by hand"),
    Part("faust.types.tuples.Message.__init__", "called", "runtime", "its message, by position"),
    Part("mode.utils.queues.FlowControlEvent.resume", "called", "runtime",
         "clears the streams' queues: it must come before anything is handed over"),
    Part("mode.utils.queues.FlowControlEvent.suspend", "relied on", "runtime",
         "from here until `resume` whatever a stream is handed is lost"),
    Part("faust.agents.agent.Agent._execute_actor", "relied on", "units",
         "an exception of an agent reaches the supervisor"),
    Part("mode.supervisors.CrashingSupervisor.wakeup", "relied on", "application",
         "an agent that raises stops the worker instead of starting over"),
)  # fmt: skip

_FAUST_TABLES = (
    Part(f"{_RECOVERY}.on_rebalance", "overridden", "recovery", "begins our restore"),
    Part(f"{_RECOVERY}._restart_recovery", "overridden", "recovery", "restores by lanes"),
    Part(f"{_RECOVERY}._slurp_changelogs", "overridden", "recovery", "is not wanted"),
    Part(f"{_RECOVERY}._publish_stats", "overridden", "recovery", "reads offsets of its own"),
    Part(f"{_RECOVERY}.flush_buffers", "overridden", "recovery", "nothing is buffered"),
    Part(f"{_RECOVERY}._wait", "called", "recovery", "ends a restore that is out of date"),
    Part(f"{_RECOVERY}._generation_id", "set", "recovery", "the assignment being restored"),
    Part(f"{_RECOVERY}._resume_streams", "relied on", "recovery",
         "what has to be called once an assignment is ready; `_take_over` is its counterpart"),
    Part(f"{_TABLES}.recovery", "overridden", "recovery", "makes our Recovery"),
    Part(f"{_TABLES}._recovery", "set", "recovery", "the one Recovery"),
    Part(f"{_TABLES}.on_start", "overridden", "recovery", "without its pause of a second"),
    Part(f"{_TABLES}._update_channels", "overridden", "recovery",
         "changelogs are not subscribed to"),
    Part(f"{_TABLES}._tables_finalized", "set", "recovery", "no table may be added any more"),
    Part(f"{_TABLES}._tables_registered", "set", "recovery", "the conductor waits for it"),
    Part(f"{_TABLES}.on_partitions_revoked", "overridden", "recovery", "nothing is buffered"),
    Part(f"{_TABLES}.on_stop", "relied on", "recovery", "stops the fetcher and the recovery"),
    Part(f"{_COLLECTION}._new_store", "overridden", "state", "a view over the lanes' stores"),
    Part(f"{_COLLECTION}.on_start", "overridden", "state", "changelogs are provisioned before"),
    Part(f"{_COLLECTION}.on_rebalance", "overridden", "state", "lanes open and close"),
    Part(f"{_COLLECTION}.changelog_topic_name", "overridden", "state",
         "changelogs are named after tables, not apps"),
    Part("faust.types.stores.StoreT.apply_changelog_batch", "overridden", "state", "not used"),
    Part("faust.types.stores.StoreT.backup_partition", "overridden", "state", "not offered"),
    Part("faust.types.stores.StoreT.restore_backup", "overridden", "state", "not offered"),
    Part("faust.types.stores.StoreT.reset_state", "overridden", "state", "`faust reset`"),
)  # fmt: skip

_FAUST_TRANSPORT = (
    Part(f"{_CONSUMER}._drain_messages", "overridden", "transport", "runs the pump"),
    Part(f"{_CONSUMER}.wait_empty", "overridden", "transport", "drains the lanes"),
    Part(f"{_CONSUMER}.perform_seek", "overridden", "transport", "commit records say where"),
    Part(f"{_CONSUMER}.on_stop", "relied on", "transport", "calls `wait_empty`"),
    Part(f"{_CONSUMER}._commit_handler", "relied on", "transport",
         "finds no acks, so it commits nothing"),
    Part("faust.transport.consumer.ThreadDelegateConsumer.subscribe", "overridden", "transport",
         "an app without agents joins no group"),
    Part("faust.transport.consumer.ThreadDelegateConsumer._thread", "read", "transport",
         "the thread that owns the aiokafka consumer"),
    Part(f"{_DRIVER}.Consumer._new_consumer_thread", "overridden", "transport", "ours"),
    Part(f"{_DRIVER}.Consumer.verify_event_path", "overridden", "transport",
         "its warnings read acks, of which there are none"),
    Part(f"{_DRIVER}.ConsumerRebalanceListener.on_partitions_assigned", "relied on", "runtime",
         "sets the generation before anything of it is assigned"),
    Part(f"{_DRIVER}.AIOKafkaConsumerThread._create_worker_consumer", "overridden", "transport",
         "a shorter wait for fetches"),
    Part(f"{_DRIVER}.AIOKafkaConsumerThread._ensure_consumer", "called", "transport",
         "the aiokafka consumer"),
    Part("mode.threads.ServiceThread._stopped_set", "overridden", "transport",
         "after a crash the thread's loop is closed already"),
    Part("mode.threads.ServiceThread._serve", "relied on", "transport",
         "ends the thread at once when the worker crashes"),
    Part(f"{_DRIVER}.Producer._settings_extra", "overridden", "transport",
         "idempotent, all replicas"),
    Part(f"{_DRIVER}.Producer.flush", "overridden", "transport",
         "would wait for a broker that is away, at every revocation"),
    Part(f"{_DRIVER}.Producer.on_stop", "overridden", "transport",
         "forgets the aiokafka producer, then stops it"),
    Part(f"{_DRIVER}.Producer._ensure_producer", "called", "transport", "the aiokafka producer"),
    Part(f"{_DRIVER}.Producer._producer", "read", "transport", "the same, or None"),
)  # fmt: skip

_MODE_WORKER = (
    Part("mode.services.Service._crash", "overridden", "worker", "keeps the first reason"),
    Part("mode.worker.Worker.execute_from_commandline", "overridden", "worker",
         "ends by SystemExit within the handling of the error that ended the worker"),
    Part("mode.worker.exiting", "relied on", "worker", "makes that SystemExit, in silence"),
    Part("mode.services.Service.crash", "relied on", "logs", "its words are filtered"),
)  # fmt: skip

_AIOKAFKA_CONSUMER = (
    Part("aiokafka.consumer.consumer.AIOKafkaConsumer._fetcher", "read", "fetch",
         "where fetched records lie"),
    Part("aiokafka.consumer.consumer.AIOKafkaConsumer._subscription", "read", "fetch",
         "positions, and the fetch context that keeps the member alive"),
    Part("aiokafka.consumer.consumer.AIOKafkaConsumer._client", "read", "transport", "`ping`"),
    Part("aiokafka.consumer.consumer.AIOKafkaConsumer._coordinator", "read", "transport",
         "the group's offsets, with their metadata"),
    Part("aiokafka.consumer.consumer.AIOKafkaConsumer._fetch_max_wait_ms", "set", "transport",
         "Faust's 1 500 ms would hold up every seek"),
    Part("aiokafka.consumer.group_coordinator.GroupCoordinator.fetch_committed_offsets", "called",
         "transport", "offset -1 where the group has none"),
    Part("aiokafka.client.AIOKafkaClient.get_random_node", "called", "transport", "`ping`"),
    Part("aiokafka.client.AIOKafkaClient.send", "called", "transport", "`ping`"),
    Part("aiokafka.client.AIOKafkaClient._sync_task", "read", "connection",
         "the task that renews the metadata; a client without it never finds a coordinator again"),
    Part("aiokafka.consumer.group_coordinator.GroupCoordinator._coordination_task", "read",
         "connection", "the task that keeps the membership"),
    Part("aiokafka.conn.create_conn", "relied on", "connection",
         "looks the class of connections up in its module"),
    Part("aiokafka.conn.AIOKafkaConnection.send", "overridden", "connection",
         "expects OSError, where uvloop raises RuntimeError"),
    Part("aiokafka.conn.AIOKafkaConnection.close", "called", "connection",
         "fails what waits for an answer, and has the metadata renewed"),
    Part("aiokafka.protocol.metadata.MetadataRequest", "called", "transport",
         "an empty list asks for no topic"),
    Part(f"{_FETCHER}.Fetcher._records", "read", "fetch", "results by partition; taking one "
         "out lets the fetcher ask for what follows"),
    Part(f"{_FETCHER}.Fetcher._notify", "called", "fetch", "wakes the fetcher"),
    Part(f"{_FETCHER}.Fetcher._wait_consume_future", "read", "fetch", "what it waits for"),
    Part(f"{_FETCHER}.Fetcher._create_fetch_waiter", "called", "fetch",
         "done when something was fetched; the coordinator's errors come through it"),
    Part(f"{_FETCHER}.Fetcher._closed", "read", "fetch", "the consumer has stopped"),
    Part(f"{_FETCHER}.Fetcher._subscriptions", "read", "fetch", "a rebalance is under way"),
    Part(f"{_FETCHER}.Fetcher._get_actions_per_node", "relied on", "fetch",
         "asks again for a partition whose result was taken, from its position"),
    Part(f"{_FETCHER}.Fetcher._proc_fetch_request", "relied on", "fetch",
         "drops what a seek has overtaken; sets position and high watermark"),
    Part(f"{_FETCHER}.Fetcher.seek_to", "relied on", "transport", "drops what was fetched"),
    Part(f"{_FETCHER}.FetchResult.check_assignment", "called", "fetch",
         "false if a seek, a pause or a rebalance has overtaken it"),
    Part(f"{_FETCHER}.FetchResult._partition_records", "read", "fetch", "the batches"),
    Part(f"{_FETCHER}.FetchResult._update_position", "called", "fetch", "moves the position"),
    Part(f"{_FETCHER}.FetchError.check_raise", "called", "fetch", "raises what went wrong"),
    Part(f"{_FETCHER}.PartitionRecords.next_fetch_offset", "set", "fetch",
         "where the fetch began, then where it ended"),
    Part(f"{_FETCHER}.PartitionRecords._records", "read", "fetch", "the unread batches"),
    Part(f"{_FETCHER}.PartitionRecords._records_iterator", "set", "fetch", "broken, as a cycle"),
    Part(f"{_FETCHER}.PartitionRecords._check_crcs", "read", "fetch", "whether to check sums"),
    Part(f"{_FETCHER}.PartitionRecords._unpack_records", "relied on", "fetch",
         "`_unpack` is its counterpart without objects of eleven fields"),
    Part("aiokafka.record._crecords.memory_records", "called", "fetch",
         "MemoryRecords: has_next, next_batch"),
    Part("aiokafka.record._crecords.default_records", "called", "fetch",
         "DefaultRecordBatch: is_control_batch, next_offset, validate_crc, iteration"),
    Part(f"{_STATE}.SubscriptionState.fetch_context", "called", "fetch",
         "within it a member is never idle in the sense of max.poll.interval"),
    Part(f"{_STATE}.SubscriptionState.reassignment_in_progress", "read", "fetch",
         "nothing is taken while partitions move"),
    Part(f"{_STATE}.SubscriptionState.wait_for_assignment", "called", "fetch", "then"),
    Part(f"{_STATE}.Assignment.state_value", "called", "transport", "None if not assigned"),
    Part(f"{_STATE}.TopicPartitionState.has_valid_position", "read", "transport", "else none"),
    Part(f"{_STATE}.TopicPartitionState.position", "read", "transport", "the next to fetch"),
    Part(f"{_STATE}.TopicPartitionState.highwater", "read", "transport", "the end, as last heard"),
)  # fmt: skip

_AIOKAFKA_PRODUCER = (
    Part("aiokafka.producer.producer.AIOKafkaProducer.send_batch", "called", "transport",
         "the future's offset is that of the first record"),
    Part("aiokafka.producer.producer.AIOKafkaProducer.stop", "relied on", "transport",
         "ends early once the sender's task has ended"),
    Part("aiokafka.producer.producer.AIOKafkaProducer._sender", "read", "transport",
         "to end that task"),
    Part("aiokafka.producer.sender.Sender.sender_task", "read", "transport", "the task"),
    Part("aiokafka.producer.producer.AIOKafkaProducer._partition", "relied on", "transport",
         "asserts that a partition exists"),
    Part("aiokafka.producer.message_accumulator.BatchBuilder.append", "called", "transport",
         "returns None and closes the batch if it is full"),
    Part("aiokafka.producer.message_accumulator.MessageAccumulator.add_batch", "relied on",
         "transport", "KafkaTimeoutError means that the batch was not taken in"),
    Part(f"{_SENDER}._can_retry", "relied on", "transport",
         "an idempotent producer tries for ever what may pass"),
    Part(f"{_SENDER}.handle_response", "relied on", "ledger",
         "a duplicate without metadata is acknowledged at offset -1: a fence, and a restore"),
    Part("aiokafka.partitioner.murmur2", "called", "partitioner", "the Java client's hash"),
)  # fmt: skip

PARTS: tuple[Part, ...] = (
    *_FAUST_APP,
    *_FAUST_STREAMS,
    *_FAUST_TABLES,
    *_FAUST_TRANSPORT,
    *_MODE_WORKER,
    *_AIOKAFKA_CONSUMER,
    *_AIOKAFKA_PRODUCER,
)
