using System.Globalization;

namespace Quiescent.Top.Stream;

// The attributes of a series, which arrive as `key=value,key=value` without escapes: a domain's name may contain commas
// and equal signs. So an attribute begins only after a comma, with one of the library's own keys.
internal static class SeriesTags
{
    private const string Name = "quiescent.domain.name=";
    private const string Id = "quiescent.domain.id=";

    private static readonly string[] s_keys = [Name, Id, "quiescent.item.kind=", "quiescent.slot.state="];

    /// <summary>The domain, and the attribute that tells its series apart; null for a series that does not belong to a
    /// domain.</summary>
    public static (DomainKey Domain, string? Part)? Parse(string tags)
    {
        string? name = null;
        string? id = null;
        string? part = null;
        for (int at = 0; at < tags.Length;)
        {
            int end = EndOf(tags, at);
            string tag = tags[at..end];
            if (tag.StartsWith(Name, StringComparison.Ordinal))
            {
                name = tag[Name.Length..];
            }
            else if (tag.StartsWith(Id, StringComparison.Ordinal))
            {
                id = tag[Id.Length..];
            }
            else
            {
                part = tag[(tag.IndexOf('=', StringComparison.Ordinal) + 1)..];
            }

            at = end + 1;
        }

        return name is not null
            && long.TryParse(id, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number)
            ? (new DomainKey(number, name), part)
            : null;
    }

    private static int EndOf(string tags, int from)
    {
        for (int comma = tags.IndexOf(',', from); comma >= 0; comma = tags.IndexOf(',', comma + 1))
        {
            if (s_keys.Any(key => string.CompareOrdinal(tags, comma + 1, key, 0, key.Length) == 0))
            {
                return comma;
            }
        }

        return tags.Length;
    }
}
