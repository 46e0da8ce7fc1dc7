namespace RaftStream.Kafka.Handlers;

/// <summary>What a client may do, as bits by Kafka's numbers of operations (KIP-430). There is no authorization yet: everything.</summary>
internal static class AuthorizedOperations
{
    /// <summary>The client did not ask.</summary>
    public const int NotAsked = int.MinValue;

    /// <summary>On a topic: read, write, create, delete, alter, describe, describe and alter configs.</summary>
    public const int OnTopic = (1 << Read) | (1 << Write) | (1 << Create) | (1 << Delete) | (1 << Alter) | (1 << Describe)
        | (1 << DescribeConfigs) | (1 << AlterConfigs);

    /// <summary>On the cluster: create, alter, describe, cluster action, describe and alter configs, idempotent write.</summary>
    public const int OnCluster = (1 << Create) | (1 << Alter) | (1 << Describe) | (1 << ClusterAction) | (1 << DescribeConfigs)
        | (1 << AlterConfigs) | (1 << IdempotentWrite);

    private const int Read = 3;
    private const int Write = 4;
    private const int Create = 5;
    private const int Delete = 6;
    private const int Alter = 7;
    private const int Describe = 8;
    private const int ClusterAction = 9;
    private const int DescribeConfigs = 10;
    private const int AlterConfigs = 11;
    private const int IdempotentWrite = 12;
}
