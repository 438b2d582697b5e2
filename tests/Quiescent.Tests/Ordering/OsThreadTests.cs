using System.Text;
using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

// Whether a thread is gone, as the operating system says.
public sealed class OsThreadTests
{
    private const string After = "S 1 2 3 0 -1 4194368 1 2 3 4 5 6 7 8 20 0 12 0 876543 9 10";

    public static bool CanTell => OsThread.CanTell;

    [Fact(SkipUnless = nameof(CanTell), Skip = "The library asks Linux alone.")]
    public void A_thread_is_gone_once_it_has_ended_and_not_before()
    {
        ulong id = 0;
        using ManualResetEventSlim mayEnd = new();
        using Worker worker = Worker.Start(() =>
        {
            Volatile.Write(ref id, OsThread.CurrentId());
            Until.Set(mayEnd);
        });
        Until.True(() => Volatile.Read(ref id) != 0);
        Assert.False(OsThread.IsGone(id));
        Assert.False(OsThread.IsGone(OsThread.CurrentId()));
        mayEnd.Set();
        worker.Join();
        Assert.True(OsThread.IsGone(id) || OsThread.HasAnother(id, since: 0));
    }

    // Fault caught: a number that went to another thread keeps what its first thread had for ever.
    [Fact(SkipUnless = nameof(CanTell), Skip = "The library asks Linux alone.")]
    public void A_thread_started_after_the_given_time_is_another()
    {
        Assert.True(OsThread.HasAnother(OsThread.CurrentId(), since: 0));
        Assert.False(OsThread.HasAnother(OsThread.CurrentId(), OsThread.Now));
    }

    [Theory]
    [InlineData("123 (worker) ", 876543)]
    [InlineData("123 (a ) b (c) ", 876543)]
    [InlineData("123 () ", 876543)]
    public void State_times_and_start_are_fields_3_and_14_and_15_and_22(string before, long time) =>
        Assert.Equal(new ThreadStat('S', 5 + 6, time), ThreadStat.Parse(Encoding.ASCII.GetBytes(before + After)));

    [Theory]
    [InlineData("")]
    [InlineData("123 (worker")]
    [InlineData("123 (worker) S 1 2 3")]
    [InlineData("123 (worker) S 1 2 3 0 -1 4194368 1 2 3 4 5 6 7 8 20 0 12 0 ")]
    public void A_text_that_does_not_say_is_no_time(string text) =>
        Assert.Equal(default, ThreadStat.Parse(Encoding.ASCII.GetBytes(text)));
}
