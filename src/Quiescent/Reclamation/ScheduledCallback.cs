using Quiescent.Queues;

namespace Quiescent.Reclamation;

// Callbacks of a domain with a scheduler for them (RcuDomainOptions.CallbackScheduler): the reclaimer only starts a
// task, so such a callback is an asynchronous one. A scheduler that refuses the task makes it one that failed.
//
// The delegates that capture something are made in methods of their own: in the caller, what they capture would be
// allocated for callbacks without a scheduler too.
internal abstract class CallbackOnScheduler(DomainCore core, Delegate callback) : AsyncCallback(core)
{
    public override string Name => MethodNames.Of(callback);

    protected sealed override ValueTask Start() => new(StartTask());

    protected abstract Task StartTask();
}

internal sealed class ScheduledCallback(DomainCore core, TaskScheduler scheduler, Delegate callback, Action run)
    : CallbackOnScheduler(core, callback)
{
    public static ScheduledCallback Of<TState>(
        DomainCore core, TaskScheduler scheduler, TState state, Action<TState> callback) =>
        new(core, scheduler, callback, () => callback(state));

    protected override Task StartTask() =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
}

internal sealed class ScheduledAsyncCallback(
    DomainCore core, TaskScheduler scheduler, Delegate callback, Func<Task> run)
    : CallbackOnScheduler(core, callback)
{
    public static ScheduledAsyncCallback Of(DomainCore core, TaskScheduler scheduler, Func<ValueTask> callback) =>
        new(core, scheduler, callback, () => callback().AsTask());

    public static ScheduledAsyncCallback Of<TState>(
        DomainCore core, TaskScheduler scheduler, TState state, Func<TState, ValueTask> callback) =>
        new(core, scheduler, callback, () => callback(state).AsTask());

    protected override Task StartTask() =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
}
