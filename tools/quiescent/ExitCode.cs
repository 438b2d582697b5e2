namespace Quiescent.Tool;

// The program's exit codes, except those of `top`.
internal static class ExitCode
{
    public const int Passed = 0;
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int Inconclusive = 3;

    /// <summary>What a shell reports for a program that SIGINT ended.</summary>
    public const int Interrupted = 130;

    /// <summary>One line for each code, as <c>--help</c> and the README list them.</summary>
    public static readonly IReadOnlyList<(int Code, string Meaning)> Meanings =
    [
        (Passed, "passed"),
        (Failed, "a promise was broken, or something could not be measured"),
        (BadArguments, "an argument is wrong; nothing has run"),
        (Inconclusive, "inconclusive: a control did not fail here, so silence proves nothing"),
        (Interrupted, "interrupted by Ctrl-C or SIGTERM; the results so far were written"),
    ];
}
