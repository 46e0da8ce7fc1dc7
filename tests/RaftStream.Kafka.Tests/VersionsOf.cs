using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Tests;

/// <summary>Every version of an API, for theories: <c>[VersionsOf(ApiKey.CreateTopics)]</c>, or from one on.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VersionsOfAttribute(ApiKey api, int from = 0) : Xunit.Sdk.DataAttribute
{
    /// <inheritdoc/>
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod)
    {
        ApiInfo info = ApiTable.Get(api);
        for (int version = Math.Max(from, info.MinVersion); version <= info.MaxVersion; version++)
        {
            yield return [version];
        }
    }
}
