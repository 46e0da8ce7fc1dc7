using Xunit.Sdk;

namespace RaftStream.Integration.Containers;

/// <summary>The check finds what it is there to find.</summary>
public sealed class PartitionStoryTests
{
    [Theory]
    [InlineData("0 1 2", "0 1 2")]
    [InlineData("0 1 - 2", "0 1 1 2")] // sent again, and there twice
    [InlineData("0 1 ?2", "0 1")] // failed, and not there
    [InlineData("0 1 ?2", "0 1 2")] // failed, and there all the same
    [InlineData("", "")]
    public void A_story_without_fault_passes(string told, string came) => StoryOf(told, came).Check();

    [Theory]
    [InlineData("0 1 2", "0 1")] // lost
    [InlineData("0 1 2", "0 1 1")] // another record in its place
    [InlineData("0 1", "0 1 7")] // came from nowhere
    [InlineData("0 2 ?1", "0 2 1")] // out of order
    [InlineData("0 - 1", "0 ! 1")] // an offset was left out
    public void A_fault_is_found(string told, string came) => Assert.ThrowsAny<XunitException>(() => StoryOf(told, came).Check());

    [Fact]
    public void An_offset_that_comes_twice_is_found()
    {
        PartitionStory story = StoryOf("0 1", "0 1");
        story.Consume(1, "1");

        Assert.ThrowsAny<XunitException>(story.Check);
    }

    /// <summary>Word n is offset n: a value, nothing told of it (-), a failure without an offset (?value), nothing came (!).</summary>
    private static PartitionStory StoryOf(string told, string came)
    {
        var story = new PartitionStory();
        foreach ((string word, int offset) in told.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((word, offset) => (word, offset)))
        {
            if (word[0] == '?')
            {
                story.Failed.Add(word[1..]);
            }
            else if (word != "-")
            {
                story.Acknowledged[offset] = word;
            }
        }

        foreach ((string word, int offset) in came.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((word, offset) => (word, offset)))
        {
            if (word != "!")
            {
                story.Consume(offset, word);
            }
        }

        return story;
    }
}
