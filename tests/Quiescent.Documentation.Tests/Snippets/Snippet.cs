namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>A piece of a program, and where its text stands.</summary>
internal sealed record Piece(string Page, int Line, string Code);

/// <summary>How a program is to end.</summary>
internal enum Ending
{
    Well,

    /// <summary>It does not compile, for the errors named.</summary>
    Fails,

    /// <summary>The exception named is not caught.</summary>
    Throws,
}

/// <summary>A block of C# on a page, with all that belongs to its program.</summary>
/// <param name="Pieces">What the program consists of; the block is the last of them.</param>
/// <param name="IsUnsafe">Whether its statements stand in an <c>unsafe</c> block.</param>
/// <param name="Named">The errors, or the exception.</param>
/// <param name="Shown">The output that the page shows, if any.</param>
internal sealed record Snippet(IReadOnlyList<Piece> Pieces, bool IsUnsafe, Ending Ending, IReadOnlyList<string> Named, string Shown)
{
    public string Page => Pieces[^1].Page;

    public int Line => Pieces[^1].Line;

    public override string ToString() => $"{Page}:{Line}";
}
