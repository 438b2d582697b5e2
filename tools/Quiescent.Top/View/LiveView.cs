using System.Diagnostics;
using Quiescent.Top.Model;
using Spectre.Console;

namespace Quiescent.Top.View;

// Redraws in place on the terminal's other screen; the last picture stays behind on the first one. Each picture is one
// write, so that nothing flickers.
internal sealed class LiveView : ITopView
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string EraseLine = "\e[2K";
    private const string EraseBelow = "\e[J";

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Target _target;
    private readonly IAnsiConsole _terminal;
    private string _picture = "";

    public LiveView(Target target, IAnsiConsole terminal)
    {
        _target = target;
        _terminal = terminal;
        Write(
            Enter + Home + $" Waiting for the domains of {Line.Clean(target.Name)} ({target.ProcessId}) …"
                + EraseBelow);
    }

    public void Show(Reading reading)
    {
        int width = _terminal.Profile.Width;
        int height = _terminal.Profile.Height;
        _picture = Render(Screen.Compose(reading, _target, Stopwatch.GetElapsedTime(_start), width, height - 1), width);
        Write(Home + EraseLine + _picture.ReplaceLineEndings("\r\n" + EraseLine) + EraseBelow);
    }

    public void Dispose() => Write(Leave + _picture);

    private string Render(Spectre.Console.Rendering.IRenderable picture, int width)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = (ColorSystemSupport)_terminal.Profile.Capabilities.ColorSystem,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(picture);
        return text.ToString();
    }

    private void Write(string text)
    {
        _terminal.Profile.Out.Writer.Write(text);
        _terminal.Profile.Out.Writer.Flush();
    }
}
