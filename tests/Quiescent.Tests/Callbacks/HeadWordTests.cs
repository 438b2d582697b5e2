using Quiescent.Queues;

namespace Quiescent.Tests.Callbacks;

public unsafe class HeadWordTests
{
    private const long Block = 0x1000_0000;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4095, 0)]
    [InlineData(0, 1)]
    [InlineData(17, 1)]
    [InlineData(4095, 2)]
    [InlineData(4095, 100_000)]
    public void A_word_gives_back_the_block_and_the_channel_it_was_made_of(int offset, int channel)
    {
        RcuHead* head = (RcuHead*)(Block + (offset * 8));
        nint word = HeadWord.OfOffset((void*)Block, head, channel);
        Assert.True(HeadWord.IsTrivial(word));
        Assert.Equal(channel, HeadWord.ChannelOf(word));
        Assert.Equal(Block, (nint)HeadWord.BlockOf(head, word));
    }

    [Fact]
    public void A_word_of_the_default_heap_is_the_plain_offset() =>
        Assert.Equal(4095, HeadWord.OfOffset((void*)Block, (RcuHead*)(Block + (4095 * 8)), 0));

    [Theory]
    [InlineData(4096 * 8)]
    [InlineData(-8)]
    [InlineData(4)]
    [InlineData(1)]
    [InlineData(long.MaxValue - Block)]
    [InlineData(-Block)]
    public void A_head_that_no_word_can_name_throws(long offset) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            "head", () => HeadWord.OfOffset((void*)Block, (RcuHead*)(Block + offset), 0));

    [Fact]
    public void A_head_that_is_aligned_within_a_block_that_is_not_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            "head", () => HeadWord.OfOffset((void*)(Block + 4), (RcuHead*)(Block + 8), 0));

    [Fact]
    public void A_function_is_distinguished_from_an_offset()
    {
        Assert.False(HeadWord.IsTrivial((nint)(delegate*<RcuHead*, void>)&CallLog.Record));
        Assert.False(HeadWord.IsTrivial(HeadWord.MaxOffset + 1));
        HeadWord.RequirePlatform();
    }
}
