using Quiescent.Documentation.Tests.Markdown;

namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>
/// Finds the programs of a page. A block marked <c>csharp</c> is a whole program, and a block marked <c>text</c> that
/// follows it at once is what it prints. A comment in front of the block, which no reader sees, says what is different:
/// <code>
/// &lt;!-- snippet: continues --&gt;                 the block goes on from the one before
/// &lt;!-- snippet: setup NAME --&gt;                the block is no program, but part of each one that uses NAME
/// &lt;!-- snippet: uses NAME --&gt;
/// &lt;!-- snippet: unsafe --&gt;                    its statements stand in an unsafe block that the page hides
/// &lt;!-- snippet: fails CS4007 --&gt;              it does not compile, for exactly these errors
/// &lt;!-- snippet: throws System.IO.IOException --&gt;  it ends with this exception
/// </code>
/// Several are separated by semicolons. A <c>setup</c> comment of more than one line has its code in it, and no block.
/// </summary>
/// <remarks>No block of C# escapes: a block that is spelt otherwise, a set-up that nobody uses, and a comment that says
/// nothing known or stands before no block are errors.</remarks>
internal sealed class SnippetReader
{
    private static readonly HashSet<string> s_languages = ["csharp", "text", "sh", "xml", "json", "", "promela"];

    private readonly Page _page;
    private readonly List<Snippet> _snippets = [];
    private readonly Dictionary<string, Piece> _setups = [];
    private readonly HashSet<string> _unused = [];
    private Marks _marks = new();
    private int _markedAt;
    private bool _mayBeOutput;

    private SnippetReader(Page page) => _page = page;

    /// <summary>Blocks that are part of programs, without being any.</summary>
    public int Setups { get; private set; }

    public IReadOnlyList<Snippet> Snippets => _snippets;

    /// <exception cref="FormatException">The page breaks a rule of snippets.</exception>
    public static SnippetReader Read(Page page)
    {
        SnippetReader reader = new(page);
        foreach (object element in page.Elements)
        {
            reader.Take(element);
        }

        reader.RequireNoMarks();
        return reader._unused.Count == 0
            ? reader
            : throw reader.Wrong(1, $"no block uses '{string.Join(", ", reader._unused)}'");
    }

    private void Take(object element)
    {
        switch (element)
        {
            case Comment comment when comment.Text.TrimStart().StartsWith("snippet:", StringComparison.Ordinal):
                RequireNoMarks();
                TakeMarks(comment);
                _mayBeOutput = false;
                break;
            case Fence fence:
                TakeFence(fence);
                break;
            case string:
                RequireNoMarks();
                _mayBeOutput = false;
                break;
        }
    }

    private void TakeMarks(Comment comment)
    {
        string[] lines = comment.Text.TrimStart()["snippet:".Length..].Split('\n', 2);
        _markedAt = comment.Line;
        _marks = Marks.Parse(lines[0], reason => Wrong(comment.Line, reason));
        if (lines.Length == 2)
        {
            AddSetup(new Piece(_page.Path, comment.Line + 1, lines[1]));
        }
    }

    private void TakeFence(Fence fence)
    {
        if (!s_languages.Contains(fence.Language))
        {
            throw Wrong(fence.Line, $"a block in '{fence.Language}': C# is marked csharp, others are to be added here");
        }

        if (fence.Language == "csharp")
        {
            Piece piece = new(_page.Path, fence.Line, fence.Text);
            _mayBeOutput = _marks.Setup is null;
            if (_marks.Setup is null)
            {
                _snippets.Add(Program(piece));
                _marks = new Marks();
            }
            else
            {
                Setups++;
                AddSetup(piece);
            }

            return;
        }

        RequireNoMarks();
        if (fence.Language == "text" && _mayBeOutput)
        {
            _snippets[^1] = _snippets[^1] with { Shown = _snippets[^1].Shown + fence.Text };
        }

        _mayBeOutput = false;
    }

    private Snippet Program(Piece block)
    {
        List<Piece> pieces = [];
        Snippet? before = null;
        if (_marks.Continues)
        {
            before = _snippets.LastOrDefault(snippet => snippet.Ending == Ending.Well)
                ?? throw Wrong(block.Line, "no block to continue");
            pieces.AddRange(before.Pieces);
        }

        foreach (string name in _marks.Uses)
        {
            pieces.Add(
                _setups.TryGetValue(name, out Piece? setup)
                    ? setup
                    : throw Wrong(block.Line, $"no set-up '{name}' above"));
            _unused.Remove(name);
        }

        pieces.Add(block);
        return new Snippet(
            pieces, _marks.Unsafe || before is { IsUnsafe: true }, _marks.Ending, _marks.Named, before?.Shown ?? "");
    }

    private void AddSetup(Piece piece)
    {
        string name = _marks.Setup ?? throw Wrong(piece.Line, "only a set-up has its code in a comment");
        if (!_setups.TryAdd(name, piece))
        {
            throw Wrong(piece.Line, $"a second set-up '{name}'");
        }

        _unused.Add(name);
        _marks = new Marks();
    }

    private void RequireNoMarks()
    {
        if (!_marks.IsEmpty)
        {
            throw Wrong(_markedAt, "a comment for a snippet, and no block of C# after it");
        }
    }

    private FormatException Wrong(int line, string reason) => new($"{_page.Path}:{line}: {reason}.");
}
