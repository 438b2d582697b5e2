namespace Quiescent.Readers;

// Under Validate each section gets a number of its own, so that a guard disposed twice, copied or out of order is known for
// certain, and the free sections of an online reader are seen. Numbers are never 0 and never the twin's constant word.
internal sealed class SectionLedger
{
    private readonly Stack<(ulong Number, bool IsFree)> _open = new();
    private ulong _last;

    public bool HasOpenSection => _open.Count != 0;

    public ulong Open(bool isFree)
    {
        _open.Push((++_last, isFree));
        return _last;
    }

    public void Clear() => _open.Clear();

    /// <summary>Closes the innermost section if it is this one.</summary>
    public bool TryClose(ulong number, out bool wasFree)
    {
        wasFree = false;
        if (!_open.TryPeek(out (ulong Number, bool IsFree) innermost) || innermost.Number != number)
        {
            return false;
        }

        wasFree = innermost.IsFree;
        _open.Pop();
        return true;
    }
}
