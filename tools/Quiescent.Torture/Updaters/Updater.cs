using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// A thread that rotates through the given primitives, from a random one on, with one subject after the other.
internal sealed unsafe class Updater : Actor
{
    private readonly IReadOnlyList<Subject> _subjects;
    private readonly IReadOnlyList<Primitive> _rotation;
    private readonly List<nint>[] _removed;
    private readonly int[] _guardedBlocks;
    private readonly bool _withFaults;
    private readonly bool _pauses;
    private int _turn;

    public Updater(
        string name,
        Session session,
        IReadOnlyList<Subject> subjects,
        IReadOnlyList<Primitive> rotation,
        bool withFaults = false,
        bool pauses = true)
        : base(name, session)
    {
        _subjects = subjects;
        _rotation = rotation;
        _withFaults = withFaults;
        _pauses = pauses;
        _removed = [.. subjects.Select(_ => new List<nint>())];
        _guardedBlocks = [.. subjects.Select(subject => subject.ClaimGuardedBlock())];
        _turn = Random.Next(rotation.Count);
    }

    protected override void Step()
    {
        int index = Random.Next(_subjects.Count);
        Primitive primitive = _rotation[_turn++ % _rotation.Count];
        Doing(primitive.ToString());
        if (_withFaults && Random.OneIn(4))
        {
            using ExpectedFaults.Scope scope = ExpectedFaults.On(Random);
            Use(index, primitive);
        }
        else
        {
            Use(index, primitive);
        }

        Session.Primitives.Count(primitive);
        if (_pauses)
        {
            Pause();
        }
    }

    // Takes back what was unlinked and waited for; readers may still hold it.
    protected override void Finish()
    {
        for (int i = 0; i < _subjects.Count; i++)
        {
            while (_removed[i].Count != 0)
            {
                _subjects[i].Domain.Synchronize();
                GrowOlder(i);
            }
        }
    }

    private void Use(int index, Primitive primitive)
    {
        if (Primitives.IsWait(primitive))
        {
            UnlinkAndWait(index, primitive);
        }
        else
        {
            Operations.Do(_subjects[index], primitive, Random);
        }
    }

    private void UnlinkAndWait(int index, Primitive primitive)
    {
        Subject subject = _subjects[index];
        // SAFETY: the exchange makes it this updater's alone.
        AgeBlock* block = subject.Pipe.Unlink(Random);
        if (block != null)
        {
            _removed[index].Add((nint)block);
        }

        if (Waits.InGuardedBlock(subject, _guardedBlocks[index], primitive, Random))
        {
            GrowOlder(index);
        }
    }

    private void GrowOlder(int index) =>
        _removed[index].RemoveAll(block => _subjects[index].Pipe.GrowOlder((AgeBlock*)block));

    private void Pause()
    {
        switch (Random.Next(64))
        {
            case 0:
                Thread.Sleep(1);
                break;
            case < 8:
                Thread.Yield();
                break;
            default:
                Thread.SpinWait(Random.Next(100));
                break;
        }
    }
}
