using Quiescent.Queues;

namespace Quiescent.Reclamation;

// Callbacks of a domain with a scheduler for them (RcuDomainOptions.CallbackScheduler): the reclaimer only starts a
// task, so such a callback is an asynchronous one. A scheduler that refuses the task makes it one that failed.
internal abstract class CallbackOnScheduler(DomainCore core, Delegate callback) : AsyncCallback(core)
{
    public override string Name => MethodNames.Of(callback);

    protected sealed override ValueTask Start() => new(StartTask());

    protected abstract Task StartTask();
}

internal sealed class ScheduledCallback(DomainCore core, TaskScheduler scheduler, Delegate callback, Action run)
    : CallbackOnScheduler(core, callback)
{
    protected override Task StartTask() =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
}

internal sealed class ScheduledAsyncCallback(
    DomainCore core, TaskScheduler scheduler, Delegate callback, Func<Task> run)
    : CallbackOnScheduler(core, callback)
{
    protected override Task StartTask() =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
}
