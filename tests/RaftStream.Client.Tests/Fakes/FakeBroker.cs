using System.Buffers;
using System.Threading.Channels;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>One broker of a <see cref="FakeCluster"/>, spoken to as through a channel.</summary>
internal sealed class FakeBroker(FakeCluster cluster, int node) : CallInvoker
{
    private readonly Lock _gate = new();
    private readonly List<Action<RpcException>> _streams = [];
    private volatile bool _isDown;

    public int Node => node;

    /// <summary>host:port at which it is found.</summary>
    public string Endpoint { get; init; } = FakeCluster.EndpointOf(node);

    /// <summary>Takes everything and answers nothing, as a stopped process does.</summary>
    public bool IsHanging { get; set; }

    /// <summary>Streams that are open now.</summary>
    public int OpenStreams
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>Single calls that failed because the broker is down.</summary>
    public int RefusedCalls => _refusedCalls;

    private int _refusedCalls;

    /// <summary>Consume messages that clients have taken.</summary>
    public int ConsumeMessagesRead => _consumeMessagesRead;

    private int _consumeMessagesRead;

    /// <summary>Consume streams that were opened.</summary>
    public int ConsumeStreams => _consumeStreams;

    private int _consumeStreams;

    /// <summary>Produce replies that clients have taken and done with: they asked for the next.</summary>
    public int ProduceRepliesHandled => _produceRepliesHandled;

    private int _produceRepliesHandled;

    /// <summary>Breaks all streams and refuses new ones until <see cref="Start"/>.</summary>
    public void Stop()
    {
        _isDown = true;
        BreakStreams();
    }

    /// <summary>Answers what administrators ask.</summary>
    public Func<object, object>? Administer { get; set; }

    public void Start() => _isDown = false;

    /// <summary>The client closes its connection.</summary>
    public ValueTask CloseAsync(bool isLost)
    {
        if (isLost)
        {
            BreakStreams();
        }

        return ValueTask.CompletedTask;
    }

    public void BreakStreams()
    {
        Action<RpcException>[] streams;
        lock (_gate)
        {
            streams = [.. _streams];
            _streams.Clear();
        }

        foreach (Action<RpcException> end in streams)
        {
            end(new RpcException(FakeCalls.Lost));
        }
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => IsHanging
        ? FakeCalls.Hanging<TResponse>(options)
        : FakeCalls.Unary<TResponse>(() =>
        {
            ThrowIfDown();
            object answer = request switch
            {
                GetMetadataRequest metadata => cluster.Metadata(node, metadata),
                ListOffsetsRequest offsets => ListOffsets(offsets),
                InitProducerIdRequest => cluster.InitProducerId(node),
                _ when Administer is not null => Administer(request),
                _ => throw new RpcException(new Status(StatusCode.Unimplemented, method.FullName)),
            };
            return (TResponse)answer;
        });

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Interlocked.Increment(ref _consumeStreams);
        var stream = new FakeConsumeStream(cluster, this, (ConsumeRequest)(object)request, () => Interlocked.Increment(ref _consumeMessagesRead));
        Action dispose = Register(stream.Break);
        if (_isDown)
        {
            stream.Break(new RpcException(FakeCalls.Lost));
        }

        return FakeCalls.ServerStream((IAsyncStreamReader<TResponse>)(object)stream, dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var replies = Channel.CreateUnbounded<ProduceReply>();
        Action dispose = Register(exception => replies.Writer.TryComplete(exception));
        if (_isDown)
        {
            replies.Writer.TryComplete(new RpcException(FakeCalls.Lost));
        }

        Task OnRequest(ProduceMessage message)
        {
            Produce(message, replies);
            return Task.CompletedTask;
        }

        return (AsyncDuplexStreamingCall<TRequest, TResponse>)(object)FakeCalls.Duplex<ProduceMessage, ProduceReply>(
            OnRequest, replies.Reader, onHandled: () => Interlocked.Increment(ref _produceRepliesHandled), dispose);
    }

    private Action Register(Action<RpcException> end)
    {
        lock (_gate)
        {
            _streams.Add(end);
        }

        return () =>
        {
            lock (_gate)
            {
                _streams.Remove(end);
            }
        };
    }

    private void Produce(ProduceMessage message, Channel<ProduceReply> replies)
    {
        if (replies.Reader.Completion.IsCompleted || _isDown)
        {
            throw new RpcException(FakeCalls.Lost);
        }

        if (IsHanging)
        {
            return;
        }

        ulong correlationId = message.CorrelationId;
        bool wantsAnswer = message.Acks != Acks.None;
        void Reply(long baseOffset, ErrorCode error)
        {
            if (wantsAnswer)
            {
                replies.Writer.TryWrite(new ProduceReply
                {
                    CorrelationId = correlationId,
                    BaseOffset = baseOffset,
                    LogAppendTimeMs = -1,
                    Error = FakeCluster.ErrorOf(error),
                });
            }
        }

        message.Topic.TryGetId(out TopicId id);
        var topic = new TopicRef { Name = message.Topic.Name, Id = Google.Protobuf.ByteString.CopyFrom(id.Value.ToByteArray(bigEndian: true)) };
        if (cluster.Find(topic, message.Partition) is not { } found)
        {
            Reply(-1, ErrorCode.UnknownTopicId);
            return;
        }

        if (found.Log.Leader != node)
        {
            Reply(-1, ErrorCode.NotLeaderOrFollower);
            return;
        }

        byte[] batch = message.Batch.ToArray();
        var request = new FakeProduce(node, new NamedPartition(found.Name, message.Partition), found.Log, batch, message.Acks, Do, Reply);
        void Do(FakeProduceAnswer answer)
        {
            switch (answer)
            {
                case FakeProduceAnswer.Append: Reply(found.Log.TryAppend(batch, out ErrorCode error), error); break;
                case FakeProduceAnswer.NotLeader: Reply(-1, ErrorCode.NotLeaderOrFollower); break;
                case FakeProduceAnswer.TimedOut: Reply(-1, ErrorCode.RequestTimedOut); break;
                case FakeProduceAnswer.TooFewReplicas: Reply(-1, ErrorCode.NotEnoughReplicas); break;
                case FakeProduceAnswer.AppendAndTimeOut:
                    found.Log.TryAppend(batch, out _);
                    Reply(-1, ErrorCode.RequestTimedOut);
                    break;
                case FakeProduceAnswer.DuplicateSequence: Reply(-1, ErrorCode.DuplicateSequenceNumber); break;
                case FakeProduceAnswer.OldEpoch: Reply(-1, ErrorCode.InvalidProducerEpoch); break;
                case FakeProduceAnswer.Invalid: Reply(-1, ErrorCode.InvalidRecord); break;
                case FakeProduceAnswer.AppendAndBreak:
                    found.Log.TryAppend(batch, out _);
                    BreakStreams();
                    break;
                case FakeProduceAnswer.Break: BreakStreams(); break;
            }
        }

        Do(cluster.OnProduce?.Invoke(request) ?? FakeProduceAnswer.Append);
    }

    private ListOffsetsResponse ListOffsets(ListOffsetsRequest request)
    {
        var response = new ListOffsetsResponse();
        foreach (ListOffsetsPartition partition in request.Partitions)
        {
            var found = cluster.Find(partition.Topic, partition.Partition);
            ErrorCode error = found is null ? ErrorCode.UnknownTopicOrPartition
                : found.Value.Log.Leader != node ? ErrorCode.NotLeaderOrFollower : ErrorCode.None;
            response.Partitions.Add(new ListedOffset
            {
                Topic = partition.Topic,
                Partition = partition.Partition,
                Offset = error != ErrorCode.None ? -1 : partition.TimestampMs switch
                {
                    -1 => found!.Value.Log.EndOffset,
                    -2 => found!.Value.Log.StartOffset,
                    _ => -1,
                },
                TimestampMs = -1,
                Error = FakeCluster.ErrorOf(error),
            });
        }

        return response;
    }

    private void ThrowIfDown()
    {
        if (_isDown)
        {
            Interlocked.Increment(ref _refusedCalls);
            throw new RpcException(FakeCalls.Lost);
        }
    }
}
