using Quiescent.Torture.Io;

namespace Quiescent.Torture.Tests.Io;

// The I/O that readers wait for does what it promises.
public sealed class BlockFileTests
{
    [Fact]
    public async Task Blocks_are_read_as_they_were_written()
    {
        using BlockFile file = new();
        byte[] block = new byte[BlockFile.BlockBytes];
        Assert.Null(await file.ReadAsync(1023, block));
        Assert.Null(await file.ReadAnewAsync(7, block));
        Assert.Contains(block, value => value != 0);
    }

    // Catches a reader that would accept anything.
    [Fact]
    public async Task A_read_that_is_too_short_is_a_failure()
    {
        using BlockFile file = new();
        Assert.NotNull(await file.ReadAsync(0, new byte[BlockFile.BlockBytes - 1]));
    }

    [Fact]
    public async Task Bytes_sent_to_the_other_end_come_back()
    {
        using Echo echo = await Echo.ConnectAsync();
        Assert.Null(await echo.RoundTripAsync(1));
        Assert.Null(await echo.RoundTripAsync(2));
    }
}
