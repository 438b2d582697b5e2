using System.Globalization;
using MappedCatalog.Serving;

namespace MappedCatalog.Running;

/// <summary>Arguments that cannot be used.</summary>
internal sealed class UsageException(string reason) : Exception(reason);

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string HelpText = """
        Looks IPv4 addresses up in a memory-mapped file of a whole route table, over HTTP, while the file is rebuilt from
        another day's table and swapped ten times a second.

        Usage: MappedCatalog [options]

          --urls URLS           where to listen; port 0 takes a free one            (default http://127.0.0.1:5080)
          --swap-interval MS    from one swap to the next, in milliseconds          (default 100)
          --data DIR            a folder of tables, routes-ipv4-YYYY-MM-DD.csv[.gz] (default: those that come with it)
          --verify              compare each answer with the table in memory
          --load                start with the load on that the page's button switches
          --seconds N           stop after so long; else at Ctrl+C or SIGTERM
          --json                the closing table as JSON on standard output, the rest on standard error
          --help                this text

        GET  /                  the page               GET  /lookup/8.8.8.8   one address
        GET  /stats             the figures            POST /lookup           an address a line, answered from one table
        GET  /timeline          the last minute        POST /load?on=true     load by the service itself; on=false

        Exit codes: 0 no failed request, no wrong answer, every mapping closed; 1 otherwise; 2 unusable arguments
        or files.
        """;

    public ServiceOptions Service { get; private init; } = new();

    public string Data { get; private init; } = Path.Combine(AppContext.BaseDirectory, "data");

    public TimeSpan Time { get; private init; } = Timeout.InfiniteTimeSpan;

    public bool Json { get; private init; }

    public bool Help { get; private init; }

    /// <exception cref="UsageException">An argument is unknown, or lacks a value that can be used.</exception>
    public static Options Parse(IEnumerable<string> args)
    {
        var options = new Options();
        using IEnumerator<string> rest = args.GetEnumerator();
        while (rest.MoveNext())
        {
            // --option value or --option=value
            string[] parts = rest.Current.Split('=', 2);
            string name = parts[0];
            string Value() =>
                parts.Length == 2 ? parts[1]
                : rest.MoveNext() ? rest.Current
                : throw new UsageException($"{name} needs a value");

            options = name switch
            {
                "--urls" => options with { Service = options.Service with { Urls = ParseUrls(name, Value()) } },
                "--swap-interval" => options with { Service = options.Service with { SwapInterval = ParseInterval(name, Value()) } },
                "--data" => options with { Data = Value() },
                "--seconds" => options with { Time = ParseSeconds(name, Value()) },
                _ when parts.Length == 2 => throw new UsageException($"unknown option {rest.Current}"),
                "--verify" => options with { Service = options.Service with { Verify = true } },
                "--load" => options with { Service = options.Service with { Load = true } },
                "--json" => options with { Json = true },
                "--help" or "-h" or "-?" => options with { Help = true },
                _ => throw new UsageException($"unknown argument '{name}'"),
            };
        }

        return options;
    }

    private static string ParseUrls(string name, string value) =>
        value.Split(';').All(url => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttp)
            ? value
            : throw new UsageException($"{name} needs http addresses like http://127.0.0.1:5080, not '{value}'");

    private static TimeSpan ParseInterval(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
        && milliseconds is >= 1 and <= 86_400_000
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new UsageException($"{name} needs a number of milliseconds from 1 to 86,400,000, not '{value}'");

    private static TimeSpan ParseSeconds(string name, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
        && seconds is > 0 and <= 1_000_000
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"{name} needs a number of seconds from above 0 to 1,000,000, not '{value}'");
}
