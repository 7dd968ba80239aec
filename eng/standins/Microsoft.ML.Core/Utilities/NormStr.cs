using System.Collections;
using System.Text;

namespace Microsoft.ML.Internal.Utilities;

/// <summary>A string that stands once in a pool and has a number there.</summary>
[BestFriend]
internal sealed class NormStr
{
    /// <summary>The characters.</summary>
    public readonly ReadOnlyMemory<char> Value;

    /// <summary>The number in the pool, from 0 in the order of arrival.</summary>
    public readonly int Id;

    private NormStr(string value, int id)
    {
        Value = value.AsMemory();
        Id = id;
    }

    /// <summary>Distinct strings, numbered.</summary>
    public sealed class Pool : IEnumerable<NormStr>
    {
        private readonly List<NormStr> _items = [];
        private readonly Dictionary<string, NormStr> _byText = new(StringComparer.Ordinal);

        /// <summary>The number of strings.</summary>
        public int Count => _items.Count;

        /// <summary>The string in the pool, or null if it is not there and not to be added.</summary>
        public NormStr Get(string str, bool add = false)
        {
            if (_byText.TryGetValue(str ?? "", out NormStr found) || !add)
                return found;
            found = new NormStr(str ?? "", _items.Count);
            _items.Add(found);
            _byText.Add(str ?? "", found);
            return found;
        }

        /// <summary>The string in the pool, which is added if it was not there.</summary>
        public NormStr Add(string str) => Get(str, add: true);

        /// <summary>The string in the pool, which is added if it was not there.</summary>
        public NormStr Add(StringBuilder sb) => Get(sb.ToString(), add: true);

        /// <summary>The string with that number.</summary>
        public NormStr GetNormStrById(int id) => _items[id];

        /// <inheritdoc/>
        public IEnumerator<NormStr> GetEnumerator() => _items.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
