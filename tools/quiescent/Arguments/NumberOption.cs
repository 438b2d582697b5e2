using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Quiescent.Tool.Arguments;

// Options that take a number within a range. Their help names the range, and so does the message on any other value.
internal static class NumberOption
{
    public static Option<T> Create<T>(string name, string description, T min, T max, Func<T> byDefault)
        where T : struct, INumber<T>
    {
        Option<T> option = new(name)
        {
            Description = $"{description} From {Write(min)} to {Write(max)}.",
            HelpName = "number",
            DefaultValueFactory = _ => byDefault(),
        };
        option.CustomParser = result => Parse(result, name, min, max) ?? default;
        return option;
    }

    /// <summary>An option without a default value.</summary>
    public static Option<T?> CreateOptional<T>(string name, string description, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "number",
            CustomParser = result => Parse(result, name, min, max),
        };

    private static T? Parse<T>(ArgumentResult result, string name, T min, T max)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        NumberStyles style = IsWhole<T>() ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max)
        {
            return value;
        }

        string kind = IsWhole<T>() ? "a whole number" : "a number";
        result.AddError($"{name} takes {kind} from {Write(min)} to {Write(max)}, not '{text}'.");
        return null;
    }

    private static bool IsWhole<T>()
        where T : struct, INumber<T> => T.IsInteger(T.One / (T.One + T.One));

    private static string Write<T>(T value)
        where T : struct, INumber<T> => value.ToString("#,##0.###", CultureInfo.InvariantCulture);
}
