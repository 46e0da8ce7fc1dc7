using RaftStream.Broker.Controller;
using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Tests.Controller;

public class MetadataFollowerTests
{
    [Fact]
    public async Task C_14_9_What_is_published_while_the_node_stops_does_no_harm_to_the_quorum()
    {
        for (int i = 0; i < 200; i++)
        {
            // Nothing is carried out in this test.
            var follower = new MetadataFollower(null!, null!, null!);
            using var start = new Barrier(2);
            Task publisher = Task.Run(() =>
            {
                start.SignalAndWait();
                for (int k = 0; k < 500; k++)
                {
                    follower.Publish(null, MetadataImage.Empty);
                }
            });
            start.SignalAndWait();
            follower.Dispose();
            await publisher;
        }
    }
}
