namespace Quiescent.House.Tests.Rooms;

/// <summary>A line that uses a type of another room, by its name or by a member of it.</summary>
internal sealed record RoomUse(string Path, int Line, string User, string From, string Used, string To)
{
    public override string ToString() => $"{Path}({Line}): uses {Used} of room {To}";
}
