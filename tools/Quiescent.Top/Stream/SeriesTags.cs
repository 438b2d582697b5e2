using System.Globalization;

namespace Quiescent.Top.Stream;

// The attributes of a series, which come as `key=value,key=value` without escapes: a domain's name may hold commas and
// equal signs. So only what follows a comma and is one of our own keys begins an attribute.
internal static class SeriesTags
{
    private const string Name = "quiescent.domain.name=";
    private const string Id = "quiescent.domain.id=";

    private static readonly string[] s_keys = [Name, Id, "quiescent.item.kind=", "quiescent.slot.state="];

    /// <summary>The domain, and what else tells the series apart; null for a series that is no domain's.</summary>
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
