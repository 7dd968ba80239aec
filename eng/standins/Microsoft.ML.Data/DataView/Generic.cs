using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Data;

/// <summary>Calls private generic methods with a type that is known only at run time.</summary>
internal static class Generic
{
    public static GenericMethod Method(Type owner, string name, params Type[] arguments) =>
        new(owner.GetMethod(name, BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).MakeGenericMethod(arguments));

    /// <summary>A bound generic method.</summary>
    public readonly struct GenericMethod(MethodInfo method)
    {
        /// <summary>Calls the method; what it throws arrives as it was thrown.</summary>
        public object Invoke(object target, params object[] arguments)
        {
            try
            {
                return method.Invoke(target, arguments);
            }
            catch (TargetInvocationException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException);
                throw;
            }
        }
    }
}
