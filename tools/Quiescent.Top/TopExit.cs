namespace Quiescent.Top;

// Exit codes of `quiescent-top`. 1 and 3 are verdicts of the tool `quiescent`, and are not used here.
internal enum TopExit
{
    Ended = 0,
    BadArguments = 2,
    NoProcess = 4,
    NoAccess = 5,
    NoDomains = 6,
    TargetEnded = 7,
    Occupied = 8,
}
