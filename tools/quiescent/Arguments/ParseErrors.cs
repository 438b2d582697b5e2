using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Quiescent.Tool.Arguments;

// The errors of a command line, one line each.
internal static partial class ParseErrors
{
    public static IEnumerable<string> Describe(ParseResult parsed)
    {
        // The other words may only look unknown because of the first: as the value of a mistyped option, for example.
        if (parsed.UnmatchedTokens.Count != 0)
        {
            yield return Unknown(parsed.UnmatchedTokens[0], parsed.CommandResult.Command);
        }

        // The lines above already say what the parser says of an unknown word and of the command missing in its place.
        foreach (ParseError error in parsed.Errors)
        {
            bool isSaid = parsed.UnmatchedTokens.Count != 0
                && (error.SymbolResult is null or CommandResult);
            if (!isSaid)
            {
                yield return InOwnWords(error);
            }
        }
    }

    private static string Unknown(string token, Command command)
    {
        bool isOption = token.StartsWith('-');
        string[] known = isOption
            ? [.. command.Options.SelectMany(option => option.Aliases.Append(option.Name)), "--help"]
            : [.. command.Subcommands.Select(one => one.Name)];
        string what = isOption ? "option" : command.Subcommands.Count != 0 ? "command" : "argument";
        string where = command is RootCommand ? "" : $" of {command.Name}";
        return $"'{token}' is no {what}{where}.{Suggestion.For(token, known)}";
    }

    // The parser's own message on a value of the wrong kind names a type of the runtime.
    private static string InOwnWords(ParseError error)
    {
        if (error.SymbolResult is not { } symbol || OptionOf(symbol) is not { } option)
        {
            return error.Message;
        }

        if (WrongKind().Match(error.Message) is { Success: true } match)
        {
            return $"{option.Name} takes {Values(option.ValueType)}, not '{match.Groups["value"].Value}'.";
        }

        return error.Message.StartsWith("Required argument missing", StringComparison.Ordinal)
            ? $"{option.Name} needs a value."
            : error.Message;
    }

    private static Option? OptionOf(SymbolResult symbol) => symbol switch
    {
        OptionResult result => result.Option,
        ArgumentResult { Parent: OptionResult result } => result.Option,
        _ => null,
    };

    private static string Values(Type type)
    {
        Type one = type.GetElementType() ?? Nullable.GetUnderlyingType(type) ?? type;
        return one.IsEnum ? string.Join(", ", Enum.GetNames(one).Select(name => name.ToLowerInvariant()))
            : one == typeof(int) || one == typeof(long) ? "a whole number"
            : one == typeof(double) ? "a number"
            : "another value";
    }

    [GeneratedRegex("^Cannot parse argument '(?<value>[^']*)' for (option|command) '[^']*' as expected type")]
    private static partial Regex WrongKind();
}
