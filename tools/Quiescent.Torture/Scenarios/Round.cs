using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Scenarios;

// The round that posters and the caller of the barrier share.
internal sealed class Round : IDisposable
{
    private readonly GCHandle _self;
    private int _number;
    private int _posted;
    private int _arrived;

    public Round(Subject subject, int posters)
    {
        Subject = subject;
        Posters = posters;
        _self = GCHandle.Alloc(this);
    }

    public Subject Subject { get; }

    public int Posters { get; }

    public int Number => Volatile.Read(ref _number);

    public bool IsPosted => Volatile.Read(ref _posted) == Posters;

    public int Arrived => Volatile.Read(ref _arrived);

    public nint Handle => GCHandle.ToIntPtr(_self);

    public void Begin()
    {
        Volatile.Write(ref _posted, 0);
        Volatile.Write(ref _arrived, 0);
        Interlocked.Increment(ref _number);
    }

    public void Posted() => Interlocked.Increment(ref _posted);

    /// <summary>Called when an item is reclaimed. Some take their time, so that an item that has been taken is not yet
    /// reclaimed.</summary>
    public void Arrive(bool isBlock)
    {
        if ((Environment.TickCount64 & 3) == 0)
        {
            Delay.Spin(TimeSpan.FromMicroseconds(100));
        }

        if (isBlock)
        {
            Subject.Tally.CodeBlockFreed();
        }
        else
        {
            Subject.Tally.CallbackRun();
        }

        Interlocked.Increment(ref _arrived);
    }

    /// <summary>Called when a barrier has returned. An item that has not arrived by then is lost or late.</summary>
    public string? Fault(string barrier)
    {
        int arrived = Arrived;
        return arrived == Posters
            ? null
            : $"{barrier} of the domain '{Subject.Name}' returned in round {Number} "
                + $"after {arrived} of {Posters} items were reclaimed.";
    }

    public void Dispose() => _self.Free();
}
