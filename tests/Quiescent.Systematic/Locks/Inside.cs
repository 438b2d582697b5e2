using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Locks;

// Who is inside, as those inside see it.
internal sealed class Inside
{
    private int _readers;
    private bool _isWritten;

    public int Writes { get; private set; }

    public void Read()
    {
        _readers++;
        Schedule.Require(!_isWritten, "A reader came in beside a writer.");
        Schedule.Point();
        Schedule.Require(!_isWritten, "A writer came in beside a reader.");
        _readers--;
    }

    public void Write()
    {
        Schedule.Require(_readers == 0 && !_isWritten, "A writer is not alone.");
        _isWritten = true;
        Schedule.Point();
        Schedule.Require(_readers == 0, "A reader came in beside a writer.");
        _isWritten = false;
        Writes++;
    }
}
