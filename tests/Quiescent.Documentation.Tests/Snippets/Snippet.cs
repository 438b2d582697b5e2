namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>A piece of a program, and its place on the page.</summary>
internal sealed record Piece(string Page, int Line, string Code);

/// <summary>How a program must end.</summary>
internal enum Ending
{
    Well,

    /// <summary>It does not compile, for the errors named.</summary>
    Fails,

    /// <summary>The exception named is not caught.</summary>
    Throws,
}

/// <summary>A block of C# on a page, with all pieces of its program.</summary>
/// <param name="Pieces">The pieces of the program; the block is the last of them.</param>
/// <param name="IsUnsafe">Whether its statements stand in an <c>unsafe</c> block.</param>
/// <param name="Named">The errors, or the exception.</param>
/// <param name="Shown">The output that the page shows, if any.</param>
internal sealed record Snippet(
    IReadOnlyList<Piece> Pieces, bool IsUnsafe, Ending Ending, IReadOnlyList<string> Named, string Shown)
{
    public string Page => Pieces[^1].Page;

    public int Line => Pieces[^1].Line;

    public override string ToString() => $"{Page}:{Line}";
}
