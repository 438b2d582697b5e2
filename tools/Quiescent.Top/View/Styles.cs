using Spectre.Console;

namespace Quiescent.Top.View;

internal static class Styles
{
    public static readonly Style Title = new(decoration: Decoration.Bold);
    public static readonly Style Heading = new(Color.Grey, decoration: Decoration.Bold);
    public static readonly Style Faint = new(Color.Grey);
    public static readonly Style Name = new(Color.Aqua);
    public static readonly Style Calm = new(Color.Green);
    public static readonly Style Warning = new(Color.Yellow);
    public static readonly Style Alarm = new(Color.Red, decoration: Decoration.Bold);
    public static readonly Style AlarmDetail = new(Color.Red);
}
