namespace Quiescent.House.Tests.Rooms;

/// <summary>The folders of src/Quiescent, its rooms, and which of them a room may use.</summary>
internal static class RoomPlan
{
    /// <summary>The folder itself, which holds the library's faces. It may use all rooms; no room may use it.</summary>
    public const string Faces = "the root";

    private const string Constants = "src/Quiescent/Tuning.cs";

    // Each uses itself and those before it.
    private static readonly string[] s_order =
        [Constants, "Ordering", "Memory", "Validate", "Readers", "GracePeriods", "Queues", "Reclamation"];

    // Each uses itself and all of the above.
    private static readonly string[] s_apart = ["Pools", "Sleepable", "Modules", "Resources", "Locks", "Diagnostics"];

    // A resource recognises sections of both kinds. The reads of an asynchronous lock are sleepable sections.
    private static readonly (string From, string To)[] s_besides = [("Resources", "Sleepable"), ("Locks", "Sleepable")];

    /// <summary>The room of a file, by the first folder below the library's.</summary>
    public static string RoomOf(string path)
    {
        string[] parts = path.Split('/');
        return path == Constants ? Constants : parts is ["src", "Quiescent", var room, _, ..] ? room : Faces;
    }

    public static bool IsRoom(string room) => room == Faces || s_order.Contains(room) || s_apart.Contains(room);

    public static bool MayUse(string from, string to) =>
        from == to || from == Faces || s_besides.Contains((from, to)) ||
        (s_order.Contains(to) && (s_apart.Contains(from) || Array.IndexOf(s_order, to) < Array.IndexOf(s_order, from)));
}
