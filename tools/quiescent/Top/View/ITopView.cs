using Quiescent.Tool.Top.Model;

namespace Quiescent.Tool.Top.View;

internal interface ITopView : IDisposable
{
    void Show(Reading reading);
}
