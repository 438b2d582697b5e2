using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Quiescent.Tests.Support;

// How tests wait: for a condition, never for a time. The bounds only end a test that has failed already.
internal static class Until
{
    /// <summary>What no wait in these tests comes near on a busy machine.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static void True(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null) =>
        Assert.True(SpinWait.SpinUntil(condition, Bound), $"Waited in vain until {what}.");

    /// <summary>As <see cref="True(Func{bool}, string?)"/>, with something for an online reader to do
    /// meanwhile.</summary>
    public static void True<TReader>(
        Func<bool> condition,
        scoped ref readonly TReader reader,
        OnReader<TReader> meanwhile,
        [CallerArgumentExpression(nameof(condition))] string? what = null)
        where TReader : struct, allows ref struct
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Bound, $"Waited in vain until {what}.");
            meanwhile(in reader);
            spin.SpinOnce();
        }
    }

    /// <summary>Inside a section too: a test that waits there means to.</summary>
    public static void Set(
        ManualResetEventSlim signal, [CallerArgumentExpression(nameof(signal))] string? what = null) =>
        Assert.True(DeliberateWait.Run(() => signal.Wait(Bound)), $"Waited in vain for {what}.");

    public static void Done(Task task, [CallerArgumentExpression(nameof(task))] string? what = null)
    {
        Task first = DeliberateWait.Run(() => Task.WhenAny(task, Task.Delay(Bound)).GetAwaiter().GetResult());
        Assert.True(first == task, $"Waited in vain for {what}.");
        task.GetAwaiter().GetResult();
    }
}
