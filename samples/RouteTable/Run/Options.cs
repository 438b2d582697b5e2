using System.Globalization;
using System.Text;
using RouteTable.Data;

namespace RouteTable.Run;

/// <summary>Arguments that cannot be used.</summary>
internal sealed class UsageException(string reason) : Exception(reason);

/// <summary>
/// The command line. Written by hand: eight options are less code than a library's description of them.
/// </summary>
internal sealed record Options
{
    public const string HelpText = """
        Looks up addresses in an IPv4 route table outside the GC heap while an updater replays, backwards and forwards,
        all changes between two real tables. Every answer is checked against ground truth.

        Usage: RouteTable [options]

          --seconds N       how long to run                                     (default 10)
          --readers N       threads that look up                                (default 2)
          --check           poison freed nodes, check every answer              (default)
          --no-check        neither: for speed
          --table FILE      the newer table, gzip or text                       (default 2026-06-17)
          --older FILE      the older table                                     (default 2025-04-11)
          --lookup ADDRESS  answer for one address of the newer table and end
          --json            the result as JSON on standard output, progress on standard error
          --help            this text

        A table has a line per route: prefix/length,origin-AS.
        Exit codes: 0 all well; 1 a wrong answer, a lost block or a failed thread; 2 unusable arguments or files.
        """;

    private const int MostReaders = 1024;

    public double Seconds { get; private init; } = 10;

    public int Readers { get; private init; } = 2;

    public bool Check { get; private init; } = true;

    public string Table { get; private init; } = DataFile("routes-ipv4-2026-06-17.csv.gz");

    public string Older { get; private init; } = DataFile("routes-ipv4-2025-04-11.csv.gz");

    public uint? Lookup { get; private init; }

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
                "--seconds" => options with { Seconds = ParseSeconds(name, Value()) },
                "--readers" => options with { Readers = ParseReaders(name, Value()) },
                "--table" => options with { Table = Value() },
                "--older" => options with { Older = Value() },
                "--lookup" => options with { Lookup = ParseAddress(name, Value()) },
                _ when parts.Length == 2 => throw new UsageException($"unknown option {rest.Current}"),
                "--check" => options with { Check = true },
                "--no-check" => options with { Check = false },
                "--json" => options with { Json = true },
                "--help" or "-h" or "-?" => options with { Help = true },
                _ => throw new UsageException($"unknown argument '{name}'"),
            };
        }

        return options;
    }

    private static double ParseSeconds(string name, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
        && seconds is > 0 and <= 1_000_000
            ? seconds
            : throw new UsageException($"{name} needs a number of seconds from above 0 to 1,000,000, not '{value}'");

    private static int ParseReaders(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int readers)
        && readers is >= 1 and <= MostReaders
            ? readers
            : throw new UsageException($"{name} needs a number from 1 to {MostReaders}, not '{value}'");

    private static uint ParseAddress(string name, string value) =>
        Ipv4.TryParse(Encoding.UTF8.GetBytes(value), out uint address)
            ? address
            : throw new UsageException($"{name} needs an IPv4 address, not '{value}'");

    private static string DataFile(string name) => Path.Combine(AppContext.BaseDirectory, "data", name);
}
