using Quiescent.Top.Model;

namespace Quiescent.Top.View;

internal interface ITopView : IDisposable
{
    void Show(Reading reading);
}
