namespace Quiescent.Torture.Modules;

// What the module can queue. Compiled into the module and into the torture, which share no types.
internal enum Form
{
    // Callbacks.
    Function,
    Action,
    State,
    Resource,
    Array,

    // Blocks of a deallocator of the module's.
    UserHead,
    User,

    // Trivial.
    Head,
    Block,
}
