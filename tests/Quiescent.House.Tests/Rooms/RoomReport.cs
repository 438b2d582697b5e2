namespace Quiescent.House.Tests.Rooms;

/// <summary>Upward uses in the order in which to mend them: by the type that stands too high, the most used
/// first.</summary>
internal static class RoomReport
{
    public static string Of(IReadOnlyList<RoomUse> uses)
    {
        IReadOnlyList<RoomUse> upward = RoomCheck.Upward(uses);
        IEnumerable<string> types = upward
            .GroupBy(use => (use.Used, use.To))
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key.Used, StringComparer.Ordinal)
            .Select(group => OfType(group.Key.Used, group.Key.To, [.. group], uses));
        return string.Join('\n', types.Prepend($"{upward.Count} uses point upward."));
    }

    private static string OfType(string type, string room, RoomUse[] upward, IReadOnlyList<RoomUse> uses)
    {
        IEnumerable<string> own = uses
            .Where(use => use.User == type && use.From == room)
            .Select(use => $"{use.To}/{use.Used}")
            .DefaultIfEmpty("no other room");
        IEnumerable<string> files = upward
            .GroupBy(use => use.Path)
            .Select(file => $"    {file.Key}({List(file.Select(use => $"{use.Line}"))}): uses {type} of room {room}");
        string users = List(upward.Select(use => use.From));
        return $"""

            {type} of {room}: used on {upward.Length} lines in {users}
                it uses {List(own)}
            {string.Join('\n', files)}
            """;
    }

    private static string List(IEnumerable<string> items) => string.Join(", ", items.Distinct());
}
