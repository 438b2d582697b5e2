using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// Fault caught: a delegate, or what it would capture, made for each callback though no scheduler is to run it.
public sealed class CallAllocationTests
{
    private static readonly Action s_action = static () => { };
    private static readonly Action<string> s_stateAction = static _ => { };
    private static readonly Func<ValueTask> s_async = static () => ValueTask.CompletedTask;
    private static readonly Func<string, ValueTask> s_stateAsync = static _ => ValueTask.CompletedTask;

    [Fact]
    public void An_action_allocates_its_callback_alone() =>
        SameAllocation(_ => new ActionCallback(s_action), domain => domain.Call(s_action));

    [Fact]
    public void An_action_with_a_state_allocates_its_callback_alone() => SameAllocation(
        _ => new StateCallback<string>("", s_stateAction), domain => domain.Call("", s_stateAction));

    [Fact]
    public void An_asynchronous_delegate_allocates_its_callback_alone() => SameAllocation(
        domain => new AsyncActionCallback(Inside.Core(domain), s_async), domain => domain.Call(s_async));

    [Fact]
    public void An_asynchronous_delegate_with_a_state_allocates_its_callback_alone() => SameAllocation(
        domain => new AsyncStateCallback<string>(Inside.Core(domain), "", s_stateAsync),
        domain => domain.Call("", s_stateAsync));

    private static void SameAllocation(Func<RcuDomain, object> create, Action<RcuDomain> call)
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = new();
        Assert.Equal(Allocated(() => create(domain)), Allocated(() => call(domain)));
    }

    // The least of some tries: the runtime now and then allocates something of its own.
    private static long Allocated(Action action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 100; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
