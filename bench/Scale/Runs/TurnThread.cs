using System.Collections.Concurrent;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// All turns of a run are taken on one thread of their own, so that an interrupted run need not wait for the current
// turn.
internal sealed class TurnThread : IDisposable
{
    private readonly BlockingCollection<Action> _turns = [];

    public TurnThread() => new Thread(TakeTurns) { IsBackground = true, Name = "scale turns" }.Start();

    /// <summary>Returns the turn's result, or throws its exception.</summary>
    /// <exception cref="OperationCanceledException">The run was interrupted. The turn goes on by itself.</exception>
    public Reading Take(Func<Reading> turn, CancellationToken interruption)
    {
        TaskCompletionSource<Reading> done = new();
        _turns.Add(
            () =>
            {
                try
                {
                    done.SetResult(turn());
                }
#pragma warning disable CA1031 // Whatever it is, it is thrown again where the turn is awaited.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    done.SetException(exception);
                }
            },
            interruption);
        Task.WaitAny([done.Task], interruption);
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Ends the thread after the current turn. Its queue is not disposed of, because the turn may still
    /// run.</summary>
    public void Dispose() => _turns.CompleteAdding();

    private void TakeTurns()
    {
        foreach (Action turn in _turns.GetConsumingEnumerable())
        {
            turn();
        }
    }
}
