using System.Runtime.InteropServices;
using Quiescent.Torture.Blocks;

namespace Quiescent.Torture.Tests.Blocks;

public sealed unsafe class MailboxTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Letters_come_whole_and_one_after_the_other(int way)
    {
        Mailbox mailbox = new();
        for (int i = 0; i < 3; i++)
        {
            NativeMemory.Free(mailbox.Post(way));
            Assert.Null(Read(mailbox, mailbox.ReadBySomebody));
        }

        Assert.Equal(3, mailbox.ReadBySomebody);
        mailbox.Clear();
    }

    // The busted twin of a publication with release: the pointer is seen before one of the letter's lines.
    [Theory]
    [InlineData(16)]
    [InlineData(80)]
    [InlineData(144)]
    [InlineData(208)]
    public void A_letter_that_is_published_before_it_is_written_is_a_failure(int line)
    {
        Mailbox mailbox = new();
        mailbox.Post(0);
        Letter* letter = mailbox.Newest.LoadProtected();
        *(long*)((byte*)letter + line) = 0x7777;
        Assert.Contains("before it was written", Read(mailbox, heardOf: 0), StringComparison.Ordinal);
        mailbox.Clear();
    }

    // The busted twin of a dereference with acquire: its load is satisfied before an earlier one.
    [Fact]
    public void A_letter_older_than_one_that_was_announced_is_a_failure()
    {
        Mailbox mailbox = new();
        mailbox.Post(0);
        Assert.Contains("after somebody had read", Read(mailbox, heardOf: 2), StringComparison.Ordinal);
        mailbox.Clear();
    }

    private static string? Read(Mailbox mailbox, long heardOf) =>
        mailbox.Fault(mailbox.Newest.LoadProtected(), heardOf);
}
